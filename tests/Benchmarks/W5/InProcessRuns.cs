using Rosud.Bare;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Runs;
using Rosud.Workloads;

namespace Rosud.W5;

/// <summary>Runs whose caller and agents are in the silo's process, against the same five calls of bare grains in the same silo and store.</summary>
internal sealed class InProcessRuns(Bench bench, bool isDurable)
{
    private static readonly int[] InFlight = [1, 16, 64];

    private readonly string _arm = isDurable ? "durable" : "in memory";

    public async Task Measure()
    {
        var settings = HostSettings.New($"w5-{(isDurable ? "durable" : "memory")}");
        await using var host = isDurable
            ? await LocalHost.Start(settings.OnSqlite(bench.NewFolder("w5-durable")), PipelineAgents.Add)
            : await LocalHost.Start(settings.InMemory(), services => { MemoryStore.Add(services); PipelineAgents.Add(services); });
        var callers = await PipelineCaller.Open(host.Cluster, "w5", InFlight.Max());
        var bare = await BareCallers(host.Cluster);
        await Flight.Run(16, bench.Seconds(12, 0.6), lane => callers[lane].Run(), bench.Stopped);   // Until its code is compiled for good.
        await Flight.Run(16, bench.Seconds(1, 0.2), lane => bare[lane](), bench.Stopped);
        await bench.Repeat(async _ =>
        {
            foreach (var inFlight in InFlight)
            {
                await Bare(inFlight, bare);
                await Rosud(inFlight, callers);
            }
        });
        foreach (var inFlight in InFlight)
        {
            var name = Name(inFlight);
            bench.Notes.NoteRatio($"{name}: CPU against bare Orleans", $"{name}: CPU per run", $"bare {name}: CPU per run");
            bench.Notes.NoteRatio($"{name}: p50 against bare Orleans", $"{name}: p50", $"bare {name}: p50");
        }
    }

    private string Name(int inFlight) => $"{_arm}, {inFlight} in flight";

    private async Task Rosud(int inFlight, PipelineCaller[] callers)
    {
        var flown = await Flight.Run(inFlight, bench.Seconds(3, 0.4), async lane => Tally(await callers[lane].Run(), inFlight), bench.Stopped);
        RunNotes.Add(bench.Notes, Name(inFlight), flown);
        if (IsMain(inFlight)) bench.Rosud.Add(flown.Latencies);
    }

    private async Task Bare(int inFlight, Func<Task>[] callers)
    {
        var flown = await Flight.Run(inFlight, bench.Seconds(1, 0.15), lane => callers[lane](), bench.Stopped);
        RunNotes.Add(bench.Notes, $"bare {Name(inFlight)}", flown);
        if (IsMain(inFlight)) bench.Bare.Add(flown.Latencies);
    }

    // One arm of the report: durable, one at a time.
    private bool IsMain(int inFlight) => isDurable && inFlight == 1;

    private void Tally(RunResult result, int inFlight)
    {
        if (IsMain(inFlight)) bench.Rosud.Ran(result.Status == RunStatus.Completed, result.CoordinationOverheadMs, result.Agents.Fired, result.Agents.Needed);
        else if (result.Status != RunStatus.Completed) throw new InvalidOperationException($"A run ended {result.Status}: {result.ProblemDetail}");
    }

    private Task<Func<Task>[]> BareCallers(IGrainFactory grains)
    {
        var goal = new BareContent(new byte[PipelineAgents.ContentBytes]);
        return Task.WhenAll(Enumerable.Range(0, InFlight.Max()).Select(async lane =>
        {
            var pipeline = grains.GetGrain<IBarePipeline>($"w5-{lane}");
            await pipeline.Run(goal, isDurable);
            return (Func<Task>)(() => pipeline.Run(goal, isDurable));
        }));
    }
}

/// <summary>The figures that every flight of runs gives.</summary>
internal static class RunNotes
{
    public static void Add(Notebook notes, string name, Flown flown)
    {
        notes.Note($"{name}: p50", "ms", flown.Latencies.PercentileMs(50));
        notes.Note($"{name}: p99", "ms", flown.Latencies.PercentileMs(99));
        notes.Note($"{name}: runs/s", "1/s", flown.PerSecond);
        notes.Note($"{name}: CPU per run", "µs", flown.CpuMicrosecondsEach);
        notes.Note($"{name}: allocated per run", "KiB", flown.AllocatedKilobytesEach);
        notes.Note($"{name}: time in garbage collection", "%", flown.PausedPercent);
    }
}
