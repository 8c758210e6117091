using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Runs;
using Rosud.Tenants;
using Rosud.Workloads;

namespace Rosud.W3;

/// <summary>(b) A price changes 100 → 999 while a person approves: the approval of 100 never counts for 999, it is asked again, always.</summary>
/// <remarks>The change comes before the answer, together with it, or after it and before the commit; half of the channels tell nobody early, so that the answer itself finds out.</remarks>
internal sealed class Approvals : StalePart
{
    public override string Title => "(b) approvals";

    public override Task Measure(Bench bench, int seed) => new ApprovalLanes(bench, seed).Measure();

    public override IEnumerable<Check> Judge(Notebook notes) => [notes.CheckWorst(ApprovalLanes.NotAskedAgain, Goal.AtMost(0))];
}

/// <summary>Channels on each of which somebody approves a price.</summary>
internal sealed class ApprovalLanes(Bench bench, int seed)
{
    public const string NotAskedAgain = "(b) price changes while a person approves: not asked again";

    private const string Agent = "buyer";
    private const int AtOnce = 10;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, Lane> _lanes = new();

    public async Task Measure()
    {
        var settings = HostSettings.New(string.Create(CultureInfo.InvariantCulture, $"w3-approvals-{seed}")).OnSqlite(bench.NewFolder(string.Create(CultureInfo.InvariantCulture, $"w3-approvals-{seed}")));
        await using var host = await LocalHost.Start(settings, services => services.AddRosudAgent(
            Agent, new AgentSpec { Reads = ["price"], Writes = ["order"], MaxConcurrency = 128, QueueLimit = 10_000 }, Work));
        var (asked, wrong, refused) = (0, 0, 0);
        for (var round = 0; round < bench.Choose(50, 3); round++)
        {
            var lanes = Enumerable.Range(0, AtOnce).Select(lane => Approve(host, string.Create(CultureInfo.InvariantCulture, $"approval-{round}-{lane}"), lane % 3, isEager: lane % 2 == 0));
            foreach (var (again, isWrong, isRefused) in await Task.WhenAll(lanes))
            {
                asked += again ? 1 : 0;
                wrong += isWrong || !again ? 1 : 0;
                refused += isRefused ? 1 : 0;
            }
        }

        bench.Notes.Note("(b) price changes while a person approves: asked again", "runs", asked);
        bench.Notes.Note("(b) answers to the old price that were refused", "answers", refused);
        bench.Notes.Note(NotAskedAgain, "runs", wrong);
    }

    // When: 0 the price changes before the answer, 1 together with it, 2 after it and before the commit.
    private async Task<(bool Again, bool Wrong, bool Refused)> Approve(LocalHost host, string name, int when, bool isEager)
    {
        var channel = host.Cluster.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, name).Key);
        await channel.Create(new() { Agents = [Agent], Sync = new() { StalenessThreshold = isEager ? TimeSpan.Zero : TimeSpan.FromMinutes(10) } });
        await Commit(channel, "100");
        var lane = _lanes[name] = new();
        if (when != 2) lane.Release.TrySetResult();
        var accepted = (CoordinateOutcome.Accepted)await channel.Coordinate(new() { Task = new() { Goal = name, Outputs = ["order"] }, Timeout = Longest }, null);
        var run = host.Cluster.GetGrain<IRunGrain>(accepted.Run.Key);
        var first = await Next(lane);
        if (when == 0) await Commit(channel, "999");
        var answering = run.Answer(new(first, JsonValue.From(true)));
        if (when == 1) await Task.WhenAll(answering, Commit(channel, "999"));
        var answer = await answering;
        if (when == 2)
        {
            await lane.Approved.Task.WaitAsync(Longest, TimeProvider.System, bench.Stopped);
            await Commit(channel, "999");
            lane.Release.TrySetResult();
        }

        // The answer may have counted and been used before the change that came with it: then the order is one of 100, committed while the price was 100.
        var again = Next(lane);
        var ended = Ended(channel);
        if (await Task.WhenAny(again, ended) == ended && when == 1) return (true, IsWrong(await ended), false);
        var isCounted = await run.Answer(new(await again, JsonValue.From(true))) is AnswerOutcome.Counted;
        return (isCounted, IsWrong(await ended), answer is AnswerOutcome.Refused);
    }

    // An order at the old price that lies behind the new price in the log.
    private static bool IsWrong(ContextView view) =>
        view["order"] is { } order && view["price"] is { } price && order.Value.ToString() != "999" && order.Version > price.Version && price.Value.ToString() == "999";

    private async Task<ContextView> Ended(IChannelGrain channel)
    {
        while (true)
        {
            if (await channel.Read(new()) is ReadOutcome.Found { View: var view } && view["order"] is not null) return view;
            await bench.Wait(TimeSpan.FromMilliseconds(20));
        }
    }

    private Task<string> Next(Lane lane) => lane.Asked.Reader.ReadAsync().AsTask().WaitAsync(Longest, TimeProvider.System, bench.Stopped);

    private static async Task Commit(IChannelGrain channel, string price)
    {
        var outcome = await channel.Commit(new() { Writes = [new(new("price"), JsonValue.Parse(price))], Origin = new("benchmark") });
        if (outcome is not PatchOutcome.Applied) throw new InvalidOperationException($"A commit was answered with {outcome}.");
    }

    private async Task<Completion> Work(IAgentWork work, CancellationToken stopped)
    {
        var lane = _lanes[work.Assignment.Goal];
        var price = work.Assignment.Context[new("price")]!.Value;
        try
        {
            await work.Ask($"Buy at {price}?");
        }
        catch (AttemptAskedException asked)
        {
            await lane.Asked.Writer.WriteAsync(asked.Question, stopped);
            throw;
        }

        lane.Approved.TrySetResult();
        await lane.Release.Task.WaitAsync(stopped);
        return new Completion { Writes = [new(new("order"), price)] };
    }

    private sealed class Lane
    {
        public Channel<string> Asked { get; } = Channel.CreateUnbounded<string>();

        public TaskCompletionSource Approved { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
