using System.Diagnostics;
using HdrHistogram;

namespace Rosud.Measuring;

/// <summary>How long things took, from a microsecond to a minute, to three digits. One thread at a time.</summary>
internal sealed class Latencies
{
    private const long LowestNs = 1_000;
    private const long HighestNs = 60_000_000_000;

    private readonly LongHistogram _ns = new(LowestNs, HighestNs, 3);

    public long Count => _ns.TotalCount;

    /// <summary>Adds what began at a <see cref="Stopwatch"/> timestamp and ends now.</summary>
    public void Since(long started) => Add(Stopwatch.GetElapsedTime(started));

    /// <summary>Adds one; what ended before it began counts as zero.</summary>
    public void Add(TimeSpan elapsed) => _ns.RecordValue(Math.Clamp((long)elapsed.TotalNanoseconds, 0, HighestNs));

    public void Add(Latencies other) => _ns.Add(other._ns);

    /// <summary>The time in milliseconds that <paramref name="percent"/> of all stayed within; 0 when there are none.</summary>
    public double PercentileMs(double percent) => Count == 0 ? 0 : _ns.GetValueAtPercentile(percent) / 1e6;
}
