using System.Collections.Immutable;
using HdrHistogram;
using Rosud.Runs;

namespace Rosud.Networks;

/// <summary>Adds up what runs report. Histograms merge and keep two significant digits, so percentiles are within 1 %.</summary>
internal sealed class NetworkTotals
{
    /// <summary>How many runs are remembered as counted.</summary>
    public const int CountedMax = 1_000;

    private readonly HistogramBase _overhead;
    private readonly HistogramBase _latency;
    private readonly HashSet<string> _counted;
    private StoredTotals _totals;

    public NetworkTotals(StoredTotals stored)
    {
        _totals = stored;
        _overhead = LatencyHistogram.Decode(stored.Overhead);
        _latency = LatencyHistogram.Decode(stored.Latency);
        _counted = new(stored.Counted, StringComparer.Ordinal);
    }

    /// <summary>The totals, as they are stored.</summary>
    public StoredTotals Stored => _totals with { Overhead = LatencyHistogram.Encode(_overhead), Latency = LatencyHistogram.Encode(_latency) };

    /// <summary>Counts one ended run. False when it was counted before.</summary>
    public bool Add(RunResult run)
    {
        if (!run.HasEnded || !_counted.Add(run.Run.Name)) return false;
        LatencyHistogram.Record(_overhead, run.CoordinationOverheadMs);
        LatencyHistogram.Record(_latency, run.WallMs);
        var counted = _totals.Counted.Enqueue(run.Run.Name);
        if (_counted.Count > CountedMax)
        {
            counted = counted.Dequeue(out var oldest);
            _counted.Remove(oldest);
        }

        _totals = _totals with
        {
            Runs = _totals.Runs + 1,
            ByStatus = _totals.ByStatus.SetItem(run.Status, _totals.ByStatus.GetValueOrDefault(run.Status) + 1),
            StaleEvents = run.StaleContextEvents.Aggregate(_totals.StaleEvents, (all, kind) => all.SetItem(kind.Key, all.GetValueOrDefault(kind.Key) + kind.Value)),
            CascadePrevented = _totals.CascadePrevented + run.CascadePrevented,
            Needed = _totals.Needed + run.Agents.Needed,
            Registered = _totals.Registered + run.Agents.Registered,
            Fired = _totals.Fired + run.Agents.Fired,
            WorkTokens = _totals.WorkTokens + run.WorkTokens,
            CoordinationTokens = _totals.CoordinationTokens + run.CoordinationTokens,
            CostUsd = _totals.CostUsd + run.CostUsd,
            OverheadSumMs = _totals.OverheadSumMs + run.CoordinationOverheadMs,
            LatencySumMs = _totals.LatencySumMs + run.WallMs,
            Counted = counted,
        };
        return true;
    }

    public NetworkMetrics Metrics()
    {
        var runs = _totals.Runs;
        double? Mean(double sum) => runs == 0 ? null : sum / runs;
        var good = new[] { RunStatus.Completed, RunStatus.Partial, RunStatus.Canceled }.Sum(status => _totals.ByStatus.GetValueOrDefault(status));
        return new()
        {
            Runs = runs,
            ByStatus = _totals.ByStatus,
            CoordinationOverheadMs = Percentiles(_overhead, Mean(_totals.OverheadSumMs)),
            LatencyMs = Percentiles(_latency, Mean(_totals.LatencySumMs)),
            StaleContextEvents = _totals.StaleEvents,
            CascadePrevented = _totals.CascadePrevented,
            NeededMean = Mean(_totals.Needed),
            RegisteredMean = Mean(_totals.Registered),
            FiredMean = Mean(_totals.Fired),
            WorkTokens = _totals.WorkTokens,
            CoordinationTokens = _totals.CoordinationTokens,
            CostUsd = _totals.CostUsd,
            ErrorRate = Mean(runs - good),
        };
    }

    private static Percentiles Percentiles(HistogramBase histogram, double? mean) => histogram.TotalCount == 0
        ? new(null, null, null, null)
        : new(LatencyHistogram.At(histogram, 50), LatencyHistogram.At(histogram, 95), LatencyHistogram.At(histogram, 99), mean);
}
