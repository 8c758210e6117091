using System.Globalization;
using Rosud.Measuring;
using Rosud.Workloads;
using static Rosud.Supervision.SupervisedHost;

namespace Rosud.Supervision;

/// <summary>Forty handlers in the silo's process block their threads: what is left of the others' throughput. X5, G19.</summary>
internal sealed class BlockingHandlers(Bench bench)
{
    private const int Blockers = 40;
    private int _goals;

    public async Task Measure()
    {
        using var let = new ManualResetEventSlim();
        using var blocked = new CountdownEvent(Blockers);
        await using var host = await Start(
            "block",
            Agent("quick", (_, _) => Task.FromResult(Done), maxConcurrency: 64),
            Agent("blocker", (_, _) =>
            {
                blocked.Signal();
                let.Wait(CancellationToken.None);   // The thread itself waits: what such code must not do, and some does.
                return Task.FromResult(Done);
            }, maxConcurrency: Blockers, timeoutSeconds: 120));
        var quick = await Callers(host, "quick", 8, "quick");
        var blocking = await Callers(host, "blocker", Blockers, "blocker");
        await Warm(bench, quick, _ => TaskOf(Goal(), "quick"));
        var before = await Some(quick);
        var stuck = blocking.Select(caller => caller.Run(TaskOf(Goal(), "blocker"), TimeSpan.FromSeconds(120))).ToArray();
        while (!blocked.IsSet) await bench.Wait(TimeSpan.FromMilliseconds(20));
        var beside = await Some(quick);
        let.Set();
        await Task.WhenAll(stuck);
        var after = await Some(quick);
        bench.Notes.Note("40 blocked handlers: throughput before", "1/s", before);
        bench.Notes.Note("40 blocked handlers: throughput then", "1/s", beside);
        bench.Notes.Note("40 blocked handlers: throughput of the others", "%", 100 * beside / Math.Max(before, after));
    }

    private async Task<double> Some(RunCaller[] callers) =>
        (await Flight.Run(callers.Length, bench.Seconds(5, 1), lane => callers[lane].Run(TaskOf(Goal(), "quick"), TimeSpan.FromSeconds(10)), bench.Stopped)).PerSecond;

    private string Goal() => string.Create(CultureInfo.InvariantCulture, $"goal {Interlocked.Increment(ref _goals)}");
}
