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
    private readonly HistogramBase _detection;
    private readonly AgentTotals _agents = new();
    private readonly HashSet<string> _counted;
    private StoredTotals _totals;

    public NetworkTotals(StoredTotals stored)
    {
        _totals = stored;
        _overhead = LatencyHistogram.Decode(stored.Overhead);
        _latency = LatencyHistogram.Decode(stored.Latency);
        _detection = LatencyHistogram.Decode(stored.Detection);
        _agents.Add(stored.ByAgent);
        _counted = new(stored.Counted, StringComparer.Ordinal);
    }

    /// <summary>The totals, as they are stored.</summary>
    public StoredTotals Stored => _totals with
    {
        Overhead = LatencyHistogram.Encode(_overhead),
        Latency = LatencyHistogram.Encode(_latency),
        Detection = LatencyHistogram.Encode(_detection),
        ByAgent = _agents.Stored,
    };

    /// <summary>Counts one ended run. False when it was counted before.</summary>
    public bool Add(RunResult run)
    {
        if (!run.HasEnded || !_counted.Add(run.Run.Name)) return false;
        LatencyHistogram.Record(_overhead, run.CoordinationOverheadMs);
        LatencyHistogram.Record(_latency, run.WallMs);
        var detections = run.DetectionMs.IsDefault ? [] : run.DetectionMs;
        foreach (var ms in detections) LatencyHistogram.Record(_detection, ms);
        _agents.Add(run.ByAgent);
        var (tokens, cost) = RunNumbers.OwnUse(run);
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
            WorkTokens = _totals.WorkTokens + tokens,
            CoordinationTokens = _totals.CoordinationTokens + run.CoordinationTokens,
            CostUsd = _totals.CostUsd + cost,
            OverheadSumMs = _totals.OverheadSumMs + run.CoordinationOverheadMs,
            LatencySumMs = _totals.LatencySumMs + run.WallMs,
            DuplicateWorkPrevented = _totals.DuplicateWorkPrevented + run.DuplicateWorkPrevented,
            MemoHits = _totals.MemoHits + run.MemoHits,
            DetectionSumMs = _totals.DetectionSumMs + detections.Sum(),
            Counted = counted,
        };
        return true;
    }

    /// <summary>Adds all that another network's runs add up to. Histograms merge, so percentiles are those of all runs.</summary>
    public void Add(StoredTotals other)
    {
        _overhead.Add(LatencyHistogram.Decode(other.Overhead));
        _latency.Add(LatencyHistogram.Decode(other.Latency));
        _detection.Add(LatencyHistogram.Decode(other.Detection));
        _agents.Add(other.ByAgent);
        _totals = _totals with
        {
            Runs = _totals.Runs + other.Runs,
            ByStatus = other.ByStatus.Aggregate(_totals.ByStatus, (all, status) => all.SetItem(status.Key, all.GetValueOrDefault(status.Key) + status.Value)),
            StaleEvents = other.StaleEvents.Aggregate(_totals.StaleEvents, (all, kind) => all.SetItem(kind.Key, all.GetValueOrDefault(kind.Key) + kind.Value)),
            CascadePrevented = _totals.CascadePrevented + other.CascadePrevented,
            Needed = _totals.Needed + other.Needed,
            Registered = _totals.Registered + other.Registered,
            Fired = _totals.Fired + other.Fired,
            WorkTokens = _totals.WorkTokens + other.WorkTokens,
            CoordinationTokens = _totals.CoordinationTokens + other.CoordinationTokens,
            CostUsd = _totals.CostUsd + other.CostUsd,
            OverheadSumMs = _totals.OverheadSumMs + other.OverheadSumMs,
            LatencySumMs = _totals.LatencySumMs + other.LatencySumMs,
            DuplicateWorkPrevented = _totals.DuplicateWorkPrevented + other.DuplicateWorkPrevented,
            MemoHits = _totals.MemoHits + other.MemoHits,
            DetectionSumMs = _totals.DetectionSumMs + other.DetectionSumMs,
        };
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
            DuplicateWorkPrevented = _totals.DuplicateWorkPrevented,
            MemoHits = _totals.MemoHits,
            DetectionMs = Percentiles(_detection, _detection.TotalCount == 0 ? null : _totals.DetectionSumMs / _detection.TotalCount),
            ByAgent = _agents.Stored,
        };
    }

    private static Percentiles Percentiles(HistogramBase histogram, double? mean) => histogram.TotalCount == 0
        ? new(null, null, null, null)
        : new(LatencyHistogram.At(histogram, 50), LatencyHistogram.At(histogram, 95), LatencyHistogram.At(histogram, 99), mean);
}
