using System.Collections.Immutable;
using HdrHistogram;
using HdrHistogram.Utilities;
using Rosud.Runs;

namespace Rosud.Networks;

/// <summary>Adds up what runs report. Histograms merge and keep two significant digits, so percentiles are within 1 %.</summary>
internal sealed class NetworkTotals
{
    /// <summary>How many runs are remembered as counted.</summary>
    public const int CountedMax = 1_000;

    private const long LongestMs = 7L * 24 * 3600 * 1000;
    private const int Digits = 2;

    private readonly HistogramBase _overhead;
    private readonly HistogramBase _latency;
    private readonly HashSet<string> _counted;
    private StoredTotals _totals;

    public NetworkTotals(StoredTotals stored)
    {
        _totals = stored;
        _overhead = Decode(stored.Overhead);
        _latency = Decode(stored.Latency);
        _counted = new(stored.Counted, StringComparer.Ordinal);
    }

    /// <summary>The totals, as they are stored.</summary>
    public StoredTotals Stored => _totals with { Overhead = Encode(_overhead), Latency = Encode(_latency) };

    /// <summary>Counts one ended run. False when it was counted before.</summary>
    public bool Add(RunResult run)
    {
        if (!run.HasEnded || !_counted.Add(run.Run.Name)) return false;
        _overhead.RecordValue(ToUnit(run.CoordinationOverheadMs));
        _latency.RecordValue(ToUnit(run.WallMs));
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
        : new(FromUnit(histogram.GetValueAtPercentile(50)), FromUnit(histogram.GetValueAtPercentile(95)), FromUnit(histogram.GetValueAtPercentile(99)), mean);

    // Hundredths of a millisecond: an overhead of 0.3 ms still has its two digits.
    private static long ToUnit(double ms) => Math.Clamp((long)(ms * 100), 0, LongestMs * 100);

    private static double FromUnit(long value) => value / 100d;

    private static HistogramBase Decode(ReadOnlyMemory<byte> bytes) => bytes.IsEmpty
        ? new LongHistogram(LongestMs * 100, Digits)
        : HistogramEncoding.DecodeFromCompressedByteBuffer(ByteBuffer.Allocate(bytes.ToArray()), 0);

    private static byte[] Encode(HistogramBase histogram)
    {
        var buffer = ByteBuffer.Allocate(histogram.GetNeededByteBufferCapacity());
        var bytes = new byte[histogram.EncodeIntoCompressedByteBuffer(buffer)];
        buffer.Position = 0;
        for (var i = 0; i < bytes.Length; i++) bytes[i] = buffer.Get();
        return bytes;
    }
}
