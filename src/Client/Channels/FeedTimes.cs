namespace Rosud.Channels;

/// <summary>When feeds do what no update makes them do.</summary>
internal sealed record FeedTimes
{
    /// <summary>How long a feed stays open without listeners, for those who come back.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a feed with listeners compares its head with the channel's. SEMANTICS C19.</summary>
    public TimeSpan Compare { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The pause before the first repetition of what failed; doubles up to <see cref="RetryMax"/>.</summary>
    public TimeSpan RetryMin { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause before a repetition.</summary>
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The pause before the repetition after this many failures in a row.</summary>
    public TimeSpan RetryAfter(int failures) =>
        TimeSpan.FromTicks((long)Math.Min(RetryMax.Ticks, RetryMin.Ticks * Math.Pow(2, Math.Max(0, failures - 1))));
}
