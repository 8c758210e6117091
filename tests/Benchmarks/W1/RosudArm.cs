using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Runs;
using Rosud.Workloads;

namespace Rosud.W1;

/// <summary>The arm that rosud coordinates: real grains over the embedded store that syncs every write, a channel for each task in flight.</summary>
internal sealed class RosudArm : IAsyncDisposable
{
    private readonly SimulatedAgents _agents;
    private readonly ConcurrentDictionary<string, TaskLedger> _ledgers = new(StringComparer.Ordinal);
    private LocalHost _host = null!;
    private Lane[] _lanes = [];

    private RosudArm(SimulatedAgents agents) => _agents = agents;

    public static async Task<RosudArm> Start(SimulatedAgents agents, IEnumerable<string> settings, int lanes)
    {
        var arm = new RosudArm(agents);
        arm._host = await LocalHost.Start(settings, services =>
        {
            foreach (var script in Pipeline.Agents) services.AddRosudAgent(script.Name, Spec(script), (work, stopped) => arm.Work(script, work, stopped));
        });
        arm._lanes = await Task.WhenAll(Enumerable.Range(0, lanes).Select(arm.Open));
        return arm;
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    /// <summary>Has one task done while the world goes on.</summary>
    public async Task<Outcome> Run(int lane, int task, double timeoutSeconds, CancellationToken stopped)
    {
        var at = _lanes[lane];
        var ledger = _ledgers[$"{task}"] = new();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopped);
        var began = Stopwatch.GetTimestamp();
        var world = Rewrite(at, task, began, ended.Token);
        var result = await at.Caller.Run(Pipeline.TaskOf(task), TimeSpan.FromSeconds(timeoutSeconds / _agents.Scale));
        var ms = Stopwatch.GetElapsedTime(began).TotalMilliseconds * _agents.Scale;
        await ended.CancelAsync();
        await world;
        var attempts = result.Attempts.Where(attempt => attempt.Outcome == AttemptOutcome.Accepted).ToList();
        var right = result.Status == RunStatus.Completed && attempts.TrueForAll(attempt => IsRight(at, ledger, attempt));
        return new(right, ms, ledger.Tokens)
        {
            CoordinationTokens = result.CoordinationTokens,
            WholeContextTokens = await WholeContext(at) * result.Attempts.Length,
            OverheadMs = result.CoordinationOverheadMs * _agents.Scale,
            Fired = result.Agents.Fired,
            Needed = result.Agents.Needed,
            MissedDeadline = result.Status != RunStatus.Completed,
            Problem = result.Status == RunStatus.Completed ? null : RunExplanation.Of(result) is var why ? string.Join(" ", why.WhyStopped.Concat(why.WhyWrong).Select(cause => cause.Sentence)) : null,
        };
    }

    // Wrong by its own chance, or because the last rewrite before its commit is not the one that it had read.
    private static bool IsRight(Lane at, TaskLedger ledger, AttemptView attempt)
    {
        if (ledger.Done[(attempt.Agent, attempt.Attempt)].Erred) return false;
        var rewrites = at.Rewrites.Where(rewrite => rewrite.Agent == attempt.Agent).Select(rewrite => rewrite.Version);
        return !rewrites.Any(version => version > attempt.ReadVersion!.Value.Number && version < attempt.WroteVersion!.Value.Number);
    }

    private async Task Rewrite(Lane at, int task, long began, CancellationToken ended)
    {
        var events = Pipeline.Agents.SelectMany(agent => _agents.Rewrites(task, agent.Name, Pipeline.RewritesPerSecond, Pipeline.LongestSeconds).Select(seconds => (seconds, agent.Name))).Order();
        try
        {
            foreach (var (seconds, agent) in events)
            {
                await _agents.Wait(seconds - (Stopwatch.GetElapsedTime(began).TotalSeconds * _agents.Scale), ended);
                await Commit(at, agent, $"rewritten in task {task} at {seconds.ToString("0.000", CultureInfo.InvariantCulture)}");
            }
        }
        catch (OperationCanceledException)
        {
            // The task is done; what the world does afterwards is the next one's start.
        }
    }

    private static async Task Commit(Lane at, string agent, string value)
    {
        var outcome = await at.Caller.Channel.Commit(new() { Writes = [ContextWrite.Set(Pipeline.World(agent), value)], Origin = new("world") });
        at.Rewrites.Enqueue((agent, ((PatchOutcome.Applied)outcome).Version.Number));
    }

    private static async Task<long> WholeContext(Lane at) =>
        await at.Caller.Channel.Read(new() { Consistency = ReadConsistency.Plain }) is ReadOutcome.Found found ? found.View.Entries.Sum(entry => (long)entry.Key.Value.Length + entry.Value.Length) / 4 : 0;

    private async Task<Completion> Work(AgentScript script, IAgentWork work, CancellationToken stopped)
    {
        var task = int.Parse(work.Assignment.Goal, CultureInfo.InvariantCulture);
        var ledger = _ledgers[work.Assignment.Goal];
        await _agents.Work(script, task, work.Assignment.Id.Attempt, ledger, key => work.Publish([ContextWrite.Set(key, Pipeline.Text(key, task))]), stopped);
        return new() { Writes = [.. script.Writes.Select(key => ContextWrite.Set(key, Pipeline.Text(key, task)))], Usage = new(script.Tokens) };
    }

    private async Task<Lane> Open(int lane)
    {
        var sync = new ContextSync { StalenessThreshold = TimeSpan.FromSeconds(Pipeline.ThresholdSeconds / _agents.Scale) };
        var opened = new Lane(await RunCaller.Open(_host.Cluster, $"w1-{lane}", Pipeline.Agents.Select(agent => agent.Name), sync));
        foreach (var agent in Pipeline.Agents) await Commit(opened, agent.Name, "as it was");
        return opened;
    }

    private static AgentSpec Spec(AgentScript script) => new()
    {
        Reads = ["plan.*", Pipeline.World(script.Name)],
        Writes = [.. script.Writes.Select(write => new KeyPattern(write))],
        MaxConcurrency = 128,
        QueueLimit = 10_000,
        Timeout = TimeSpan.FromSeconds(30),
    };

    private sealed record Lane(RunCaller Caller)
    {
        public ConcurrentQueue<(string Agent, long Version)> Rewrites { get; } = new();
    }
}
