using System.Diagnostics;
using System.Globalization;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Runs;
using Rosud.Tenants;
using Rosud.Workloads;

namespace Rosud.W3;

/// <summary>(e) A step reads a key that is rewritten every 300 ms: the run completes, or says after three retries that the key never held still.</summary>
internal sealed class HotKey : StalePart
{
    public override string Title => "(e) a hot key";

    public override Task Measure(Bench bench, int seed) => new HotLanes(bench, seed).Measure();

    public override IEnumerable<Check> Judge(Notebook notes) => [notes.CheckWorst(HotLanes.Endless, Goal.AtMost(0))];
}

/// <summary>Channels each with a key that is rewritten without end.</summary>
internal sealed class HotLanes(Bench bench, int seed)
{
    public const string Endless = "(e) hot key: neither completed nor exhausted within 3 retries";

    private const string Fast = "fast";
    private const string Slow = "slow";
    private const int Retries = 3;
    private static readonly TimeSpan RewrittenEvery = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan FastTakes = TimeSpan.FromMilliseconds(800);
    private static readonly TimeSpan SlowTakes = TimeSpan.FromMilliseconds(2_600);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(40);

    public async Task Measure()
    {
        var settings = HostSettings.New(string.Create(CultureInfo.InvariantCulture, $"w3-hot-{seed}")).OnSqlite(bench.NewFolder(string.Create(CultureInfo.InvariantCulture, $"w3-hot-{seed}")));
        await using var host = await LocalHost.Start(settings, services => services
            .AddRosudAgent(Fast, new AgentSpec { Reads = ["price"], Writes = ["offer"], MaxConcurrency = 128 }, (work, stopped) => Work(FastTakes, stopped))
            .AddRosudAgent(Slow, new AgentSpec { Reads = ["price"], Writes = ["offer"], MaxConcurrency = 128 }, (work, stopped) => Work(SlowTakes, stopped)));
        var runs = bench.Choose(20, 3);
        var fast = await Task.WhenAll(Enumerable.Range(0, runs).Select(lane => Run(host, Fast, lane)));
        var slow = await Task.WhenAll(Enumerable.Range(0, runs).Select(lane => Run(host, Slow, lane)));
        var ended = fast.Concat(slow).ToList();
        bench.Notes.Note("(e) hot key: agents of 0.8 s that completed", "runs", fast.Count(result => result?.Status == RunStatus.Completed));
        bench.Notes.Note("(e) hot key: agents of 2.6 s that ended stale_exhausted", "runs", slow.Count(result => result?.Status == RunStatus.StaleExhausted));
        bench.Notes.Note(Endless, "runs", ended.Count(result => !IsGood(result)));
    }

    private static bool IsGood(RunResult? result) =>
        result is { Status: RunStatus.Completed or RunStatus.StaleExhausted } && result.RetriesByCause.Values.Sum() <= Retries;

    private async Task<RunResult?> Run(LocalHost host, string agent, int lane)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"hot-{agent}-{lane}");
        var channel = host.Cluster.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, name).Key);
        await channel.Create(new() { Agents = [agent], Sync = new() { StalenessThreshold = TimeSpan.FromMilliseconds(100) } });
        await Rewrite(channel, 0);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(bench.Stopped);
        var rewriting = Rewrite(channel, over.Token);
        try
        {
            var accepted = (CoordinateOutcome.Accepted)await channel.Coordinate(new() { Task = new() { Goal = "sell", Outputs = ["offer"] }, Timeout = Longest }, null);
            var run = host.Cluster.GetGrain<IRunGrain>(accepted.Run.Key);
            for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < Longest;)
            {
                if (await run.Describe() is RunOutcome.Found { Result: { HasEnded: true } result }) return result;
                await bench.Wait(RewrittenEvery);
            }

            return null;
        }
        finally
        {
            await over.CancelAsync();
            await rewriting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task Rewrite(IChannelGrain channel, CancellationToken over)
    {
        for (var price = 1; !over.IsCancellationRequested; price++)
        {
            await Task.Delay(RewrittenEvery, TimeProvider.System, over);
            await Rewrite(channel, price);
        }
    }

    private static async Task Rewrite(IChannelGrain channel, int price)
    {
        var outcome = await channel.Commit(new() { Writes = [ContextWrite.Set("price", price)], Origin = new("market") });
        if (outcome is not PatchOutcome.Applied) throw new InvalidOperationException($"A commit was answered with {outcome}.");
    }

    private static async Task<Completion> Work(TimeSpan takes, CancellationToken stopped)
    {
        await Task.Delay(takes, TimeProvider.System, stopped);
        return new Completion { Writes = [ContextWrite.Set("offer", 1)] };
    }
}
