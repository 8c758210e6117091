using OpenTelemetry;
using OpenTelemetry.Metrics;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W5;

/// <summary>What it costs that somebody listens to the instruments: the same runs in the same host, in slices with and without, by turns.</summary>
internal sealed class MetricsCost(Bench bench)
{
    public const string Lost = "metrics, in memory, 64 in flight: throughput that they cost";

    private const int InFlight = 64;
    private const int CollectEveryMs = 1_000;

    public async Task Measure()
    {
        await using var host = await LocalHost.Start(HostSettings.New("w5-metrics").InMemory(), services =>
        {
            MemoryStore.Add(services);
            PipelineAgents.Add(services);
        });
        host.Services.GetRequiredService<MeterProvider>().Dispose();   // The host's own listens from its start; the one below does in its place.
        var callers = await PipelineCaller.Open(host.Cluster, "w5-metrics", InFlight);
        await Flown(callers, bench.Seconds(12, 0.6));
        for (var pair = 0; pair < bench.Choose(24, 4); pair++)
        {
            // Each comes first as often as the other, so that what drifts meets both alike.
            var (first, second) = (await Slice(callers, listens: pair % 2 == 0), await Slice(callers, listens: pair % 2 != 0));
            var (with, without) = pair % 2 == 0 ? (first, second) : (second, first);
            bench.Notes.Note("metrics on, in memory, 64 in flight: runs/s", "1/s", with.PerSecond);
            bench.Notes.Note("metrics off, in memory, 64 in flight: runs/s", "1/s", without.PerSecond);
            bench.Notes.Note("metrics on: CPU per run against off", "×", with.CpuMicrosecondsEach / without.CpuMicrosecondsEach);
            bench.Notes.Note(Lost, "%", 100 * (1 - (with.PerSecond / without.PerSecond)));
        }

        bench.Notes.Remark($"Metrics on: the meters that the host listens to, collected every {CollectEveryMs / 1_000} s, more often than Prometheus would. A figure of one pair of slices is noise; the median of the pairs counts.");
    }

    private async Task<Flown> Slice(PipelineCaller[] callers, bool listens)
    {
        using var provider = listens
            ? Sdk.CreateMeterProviderBuilder().AddMeter("Rosud", "Microsoft.Orleans").AddReader(new PeriodicExportingMetricReader(new Nowhere(), CollectEveryMs)).Build()
            : null;
        return await Flown(callers, bench.Seconds(1.5, 0.3));
    }

    private Task<Flown> Flown(PipelineCaller[] callers, TimeSpan span) => Flight.Run(InFlight, span, lane => callers[lane].Run(), bench.Stopped);

    // Reads every point, as one who sends them would.
    private sealed class Nowhere : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (var metric in batch)
            {
                foreach (ref readonly var point in metric.GetMetricPoints()) _ = point.EndTime;
            }

            return ExportResult.Success;
        }
    }
}
