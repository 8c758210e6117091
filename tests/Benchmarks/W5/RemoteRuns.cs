using Rosud.Bare;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Runs;
using Rosud.Workloads;

namespace Rosud.W5;

/// <summary>Runs whose caller is in another process than the durable silo: an Orleans client over TCP, and HTTP with agents that take their work.</summary>
internal sealed class RemoteRuns(Bench bench)
{
    private static readonly int[] OverTcp = [1, 64];
    private static readonly int[] OverHttp = [1, 16];

    public async Task Measure()
    {
        var folder = bench.NewFolder("w5-remote");
        var settings = HostSettings.New("w5-remote");
        await using var silo = await SiloProcess.StartWithBare(settings, settings.OnSqlite(Path.Combine(folder, "data")), folder);
        await bench.Attempt("over a TCP client", () => Tcp(silo));
        await bench.Attempt("over HTTP with pull agents", () => Http(silo));
    }

    private async Task Tcp(SiloProcess silo)
    {
        await using var client = await TcpClient.Connect(silo.Settings);
        var callers = await PipelineCaller.Open(client.Cluster, "tcp", OverTcp.Max());
        var goal = new BareContent(new byte[PipelineAgents.ContentBytes]);
        var bare = Enumerable.Range(0, OverTcp.Max()).Select(lane => client.Cluster.GetGrain<IBarePipeline>($"tcp-{lane}")).ToArray();
        await Flight.Run(16, bench.Seconds(3, 0.6), lane => callers[lane].Run(), bench.Stopped);
        await Flight.Run(64, bench.Seconds(1, 0.2), lane => bare[lane].Run(goal, true), bench.Stopped);
        await Rounds("TCP client", OverTcp, silo, lane => bare[lane].Run(goal, true), async lane =>
        {
            var result = await callers[lane].Run();
            if (result.Status != RunStatus.Completed) throw new InvalidOperationException($"A run ended {result.Status}: {result.ProblemDetail}");
        });
    }

    private async Task Http(SiloProcess silo)
    {
        using var caller = new HttpRuns(silo.Settings.Url, bench.Seed);
        await caller.Open(OverHttp.Max());
        await using var workers = new HttpWorkers(silo.Settings.Url, bench.Seed);
        await Flight.Run(4, bench.Seconds(3, 0.6), caller.Run, bench.Stopped);
        await Flight.Run(4, bench.Seconds(1, 0.2), caller.RunBare, bench.Stopped);
        await Rounds("HTTP pull agents", OverHttp, silo, caller.RunBare, caller.Run);
    }

    private async Task Rounds(string arm, int[] flights, SiloProcess silo, Func<int, Task> bare, Func<int, Task> rosud)
    {
        await bench.Repeat(async _ =>
        {
            foreach (var inFlight in flights)
            {
                var name = $"{arm}, {inFlight} in flight";
                await Round($"bare {name}", inFlight, bench.Seconds(1, 0.15), silo, bare);
                var flown = await Round(name, inFlight, bench.Seconds(3, 0.4), silo, rosud);
                // The agents do nothing, so all of the time is overhead.
                bench.Notes.Note($"{name}: overhead per step p50", "ms", flown.Latencies.PercentileMs(50) / PipelineAgents.StepsInARow);
            }
        });
        foreach (var inFlight in flights)
        {
            var name = $"{arm}, {inFlight} in flight";
            bench.Notes.NoteRatio($"{name}: p50 against bare Orleans", $"{name}: p50", $"bare {name}: p50");
        }
    }

    private async Task<Flown> Round(string name, int inFlight, TimeSpan span, SiloProcess silo, Func<int, Task> one)
    {
        var cpu = silo.Cpu;
        var flown = await Flight.Run(inFlight, span, one, bench.Stopped);
        cpu = silo.Cpu - cpu;
        bench.Notes.Note($"{name}: p50", "ms", flown.Latencies.PercentileMs(50));
        bench.Notes.Note($"{name}: p99", "ms", flown.Latencies.PercentileMs(99));
        bench.Notes.Note($"{name}: runs/s", "1/s", flown.PerSecond);
        bench.Notes.Note($"{name}: host's CPU per run", "µs", cpu.TotalMicroseconds / Math.Max(1, flown.Latencies.Count));
        return flown;
    }
}
