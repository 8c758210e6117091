using System.Collections.Immutable;

namespace Rosud.Supervision;

/// <summary>How long the agent's last answers took, to guess how long a queue takes: a value.</summary>
internal sealed record ServiceTimes(ImmutableArray<TimeSpan> Last)
{
    private const int Kept = 64;
    private const int Enough = 5;

    public static ServiceTimes None { get; } = new([]);

    /// <summary>The median; null before there are five.</summary>
    public TimeSpan? Median { get; } = MedianOf(Last.AsSpan());

    public ServiceTimes With(TimeSpan time)
    {
        var kept = Last.AsSpan(Last.Length < Kept ? 0 : 1, Math.Min(Last.Length, Kept - 1));
        return new([.. kept, time]);
    }

    // Asked for at every admission, so it is found once for each answer, without memory of its own.
    private static TimeSpan? MedianOf(ReadOnlySpan<TimeSpan> last)
    {
        if (last.Length < Enough) return null;
        Span<TimeSpan> sorted = stackalloc TimeSpan[Kept];
        sorted = sorted[..last.Length];
        last.CopyTo(sorted);
        sorted.Sort();
        return sorted[last.Length / 2];
    }
}
