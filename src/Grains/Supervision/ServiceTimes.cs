using Rosud.Context;

namespace Rosud.Supervision;

/// <summary>How long the agent's last answers took, to guess how long a queue takes: a value.</summary>
internal sealed record ServiceTimes(Window<TimeSpan> Last)
{
    private const int Kept = 64;
    private const int Enough = 5;

    public static ServiceTimes None { get; } = new(Window<TimeSpan>.Empty);

    /// <summary>The median; null before there are five.</summary>
    public TimeSpan? Median { get; } = MedianOf(Last.AsSpan());

    public ServiceTimes With(TimeSpan time) => new((Last.Count < Kept ? Last : Last.RemoveFirst()).Add(time));

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
