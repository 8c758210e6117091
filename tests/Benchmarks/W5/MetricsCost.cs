using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W5;

/// <summary>
/// What it costs that somebody listens to the instruments. Two ways: what many runs tell them is told them again without the runs, with and without a listener, and put beside the
/// runs' own processor time; and the same runs in the same host, in slices with and without, by turns, which is noisier than the cost itself.
/// </summary>
internal sealed class MetricsCost(Bench bench)
{
    public const string Cost = "metrics, in memory, 64 in flight: share of a run's CPU";
    private const string Lost = "metrics, in memory, 64 in flight: throughput lost by turns";
    private static readonly string[] Meters = ["Rosud", "Microsoft.Orleans"];

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
        var flown = await Flown(callers, bench.Seconds(6, 0.6));
        Repeated(await Record(callers), flown);
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

        bench.Notes.Remark($"Metrics on: the meters that the host listens to, collected every {CollectEveryMs / 1_000} s, more often than Prometheus would. What is told again meets the same instruments with the same labels; the figure by turns is mostly noise and is held against no goal.");
    }

    private async Task<(RecordedMeasurements Told, long Runs)> Record(PipelineCaller[] callers)
    {
        using var told = new RecordedMeasurements(Meters);
        var runs = (await Flown(callers, bench.Seconds(1, 0.3))).Latencies.Count;
        return (told, runs);
    }

    private void Repeated((RecordedMeasurements Told, long Runs) recorded, Flown flown)
    {
        var (told, runs) = recorded;
        bench.Notes.Note("metrics: measurements per run", "measurements", (double)told.Count / runs);
        for (var pair = 0; pair <= bench.Choose(40, 5); pair++)
        {
            var without = told.Repeat();
            using var provider = Provider();
            var with = told.Repeat();
            var began = Stopwatch.GetTimestamp();
            provider.ForceFlush();
            var collected = Stopwatch.GetElapsedTime(began);
            if (pair == 0) continue;   // The first compiles.
            var each = (with - without).TotalMicroseconds / runs;
            bench.Notes.Note("metrics: telling the listener, per run", "µs", each);
            bench.Notes.Note("metrics: collecting once", "µs", collected.TotalMicroseconds);
            bench.Notes.Note(Cost, "%", 100 * (each + (collected.TotalMicroseconds * 1_000 / CollectEveryMs / flown.PerSecond)) / flown.CpuMicrosecondsEach);
        }
    }

    private async Task<Flown> Slice(PipelineCaller[] callers, bool listens)
    {
        using var provider = listens ? Provider() : null;
        return await Flown(callers, bench.Seconds(1.5, 0.3));
    }

    private static MeterProvider Provider() =>
        Sdk.CreateMeterProviderBuilder().AddMeter(Meters).AddReader(new PeriodicExportingMetricReader(new Nowhere(), CollectEveryMs)).Build();

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
