using System.Globalization;
using System.Text.Json;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W4;

/// <summary>The same services as webhook agents of two silos: each step asks for a capability that two instances have, and says what type its value has. Users know both addresses.</summary>
internal sealed class RosudArm : IArm
{
    private const string Note = "note";
    private static readonly TimeSpan SetUpWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan NoteEvery = TimeSpan.FromMilliseconds(100);
    private static readonly string[] Bad = ["failure", "timeout", "lost", "rejected", "stale", "refused"];
    private readonly CancellationTokenSource _over = new();
    private readonly Dictionary<int, int> _laneOf = [];
    private readonly TwoSilos _silos;
    private readonly Lane[] _lanes;
    private readonly Task _writing;
    private int _miscounted;

    private RosudArm(TwoSilos silos, Lane[] lanes)
    {
        (_silos, _lanes) = (silos, lanes);
        _writing = Task.WhenAll(lanes.Select(lane => Task.Run(() => Write(lane))));
    }

    public Harms Harms { get; } = new();

    /// <summary>Starts it; null when there is no redis-server.</summary>
    public static async Task<RosudArm?> Start(Bench bench, FaultyAgents agents, string name, int lanes)
    {
        if (await TwoSilos.Start(name, bench.NewFolder(name)) is not { } silos) return null;
        var made = new Lane[lanes];
        var names = FaultPlan.Agents.SelectMany(agent => new[] { $"{agent}-a", $"{agent}-b" }).ToArray();
        using (var setUp = new TwoAddresses(silos.Urls, 0))
        {
            for (var i = 0; i < names.Length; i++)
            {
                var agent = FaultPlan.Agents[i / 2];
                var spec = new { reads = new[] { "*" }, writes = new[] { agent }, capability = agent, transport = new { kind = "webhook", url = $"{agents.Url}/{agent}/{i % 2}" }, max_concurrency = 32, timeout_ms = FaultWorkload.StepTimeout.TotalMilliseconds };
                await SetUp(setUp, HttpMethod.Put, $"/v1/agents/{names[i]}", names[i], spec);
            }

            for (var lane = 0; lane < lanes; lane++)
            {
                var channel = string.Create(CultureInfo.InvariantCulture, $"{name}-{lane}");
                await SetUp(setUp, HttpMethod.Post, "/v1/channels", channel, new { id = channel, agents = names });
                made[lane] = new(channel, silos.Urls, lane);
                await made[lane].Commit(FaultPlan.World, 0);
            }
        }

        return new(silos, made);
    }

    public async Task<Seen> Do(int number, int task)
    {
        var lane = _lanes[number];
        lock (_laneOf) _laneOf[task] = number;
        var (began, world) = (Harms.Now, lane.World);
        var asked = await lane.User.Ask(
            HttpMethod.Post, $"/v1/channels/{lane.Channel}/coordinate", string.Create(CultureInfo.InvariantCulture, $"task-{task}"), left => Asked(task, left - Patience), FaultWorkload.Deadline + Patience);
        var took = Harms.Now - began;
        if (asked is not { } run) return new(task, null, began, took, "no answer");
        Count(run);
        if (run.GetProperty("status").GetString() != "completed") return new(task, null, began, took, Ended(run));
        var value = run.GetProperty("outputs").GetProperty(FaultPlan.Agents[^1]);
        lane.Acknowledged.Completed(run.GetProperty("version_start").GetInt64(), run.GetProperty("version_end").GetInt64(), FaultPlan.Agents[^1], value.GetRawText());
        return new(task, (value.GetInt32() - world).ToString(CultureInfo.InvariantCulture), began, took);
    }

    public Task Harm(FaultKind kind, int task)
    {
        var lane = LaneOf(task);
        switch (kind)
        {
            case FaultKind.Storm:
                return Storm(lane);
            case FaultKind.ClockJump:
                return _silos.Jump();
            case FaultKind.StorageError:
                Harms.Do(_silos.FailWrites);
                break;
            case FaultKind.StorageFreeze:
                Harms.Do(_silos.FreezeStore);
                break;
            case FaultKind.Kill:
                Harms.Do(() => _silos.Kill(lane.Channel));
                break;
            case FaultKind.Freeze:
                Harms.Do(() => _silos.Freeze(lane.Channel, FaultWorkload.FrozenFor));
                break;
        }

        return Task.CompletedTask;
    }

    public async Task Check(Notebook notes)
    {
        await _over.CancelAsync();
        await _writing;
        var (acknowledged, lost, twice) = (0, 0, 0);
        foreach (var lane in _lanes)
        {
            var found = await lane.Acknowledged.Check(lane.User, Note);
            (acknowledged, lost, twice) = (acknowledged + lane.Acknowledged.Count, lost + found.Lost, twice + found.Twice);
        }

        notes.Note("rosud: acknowledged commits", "commits", acknowledged);
        notes.Note("rosud: lost commits", "commits", lost);
        notes.Note("rosud: commits done twice", "commits", twice);
        notes.Note("rosud: runs whose cascade_prevented is not the count on the graph", "runs", _miscounted);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var lane in _lanes) lane.Dispose();
        await _silos.DisposeAsync();
        _over.Dispose();
    }

    private Lane LaneOf(int task)
    {
        lock (_laneOf) return _lanes[_laneOf[task]];
    }

    private static async Task Storm(Lane lane)
    {
        for (var write = 0; write < FaultPlan.StormsWrites; write++) await lane.Commit(FaultPlan.World, ++lane.World);
    }

    // Somebody who has nothing to do with the tasks writes into each channel all the time, so that there is something to lose.
    private async Task Write(Lane lane)
    {
        for (var number = 1; !_over.IsCancellationRequested; number++)
        {
            await lane.Commit(Note, number);
            await Task.Delay(NoteEvery, TimeProvider.System, _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // The tasks are chains, so what lies below the first step with a bad attempt is what would have rested on it.
    private void Count(JsonElement run)
    {
        var bad = run.GetProperty("attempts").EnumerateArray().Where(attempt => Bad.Contains(attempt.GetProperty("outcome").GetString())).Select(attempt => FaultPlan.Agents.IndexOf(attempt.GetProperty("step").GetString()!)).ToList();
        var below = bad.Count == 0 ? 0 : FaultPlan.Agents.Length - 1 - bad.Min();
        if (run.GetProperty("cascade_prevented").GetInt32() != below) Interlocked.Increment(ref _miscounted);
    }

    private static string Ended(JsonElement run) =>
        $"{run.GetProperty("status")}, attempts {string.Join(", ", run.GetProperty("attempts").EnumerateArray().Select(attempt => $"{attempt.GetProperty("agent")} {attempt.GetProperty("outcome")}"))}";

    private static async Task SetUp(TwoAddresses hosts, HttpMethod method, string path, string key, object body) =>
        _ = await hosts.Ask(method, path, key, _ => JsonSerializer.Serialize(body), SetUpWithin) ?? throw new InvalidOperationException($"{method} {path} was not answered.");

    private static string Asked(int task, TimeSpan left) => JsonSerializer.Serialize(new
    {
        task = new
        {
            goal = FaultPlan.GoalOf(task),
            outputs = new[] { FaultPlan.Agents[^1] },
            steps = FaultPlan.Agents.Select((agent, i) => new
            {
                id = agent,
                capability = agent,
                reads = i == 0 ? [] : i == 1 ? new[] { FaultPlan.Agents[0], FaultPlan.World } : [FaultPlan.Agents[i - 1]],
                writes = new[] { agent },
                acceptance = new[] { new { schema = new { type = "integer" } } },
            }),
        },
        timeout_ms = (long)Math.Max(1, left.TotalMilliseconds),
    });

    /// <summary>A user with a channel of his own, and the world that writes into it.</summary>
    private sealed class Lane(string channel, IReadOnlyList<string> urls, int number) : IDisposable
    {
        private readonly TwoAddresses _writer = new(urls, number);
        private readonly SemaphoreSlim _one = new(1);
        private int _commits;

        public string Channel => channel;

        public TwoAddresses User { get; } = new(urls, number);

        public Acknowledged Acknowledged { get; } = new(channel);

        /// <summary>The world's value, as it was last acknowledged.</summary>
        public int World { get; set; }

        public async Task Commit(string key, int value)
        {
            await _one.WaitAsync();
            try
            {
                var body = JsonSerializer.Serialize(new { set = new Dictionary<string, int> { [key] = value } });
                var answer = await _writer.Ask(HttpMethod.Patch, $"/v1/channels/{Channel}/context", string.Create(CultureInfo.InvariantCulture, $"commit-{++_commits}"), _ => body, SetUpWithin)
                    ?? throw new InvalidOperationException($"A commit of {Channel} was never acknowledged.");
                Acknowledged.Committed(answer.GetProperty("version").GetInt64(), key, value.ToString(CultureInfo.InvariantCulture));
            }
            finally
            {
                _one.Release();
            }
        }

        public void Dispose()
        {
            User.Dispose();
            _writer.Dispose();
            _one.Dispose();
        }
    }
}
