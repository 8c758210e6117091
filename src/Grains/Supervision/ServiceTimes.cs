using System.Collections.Immutable;

namespace Rosud.Supervision;

/// <summary>How long the agent's last answers took, to guess how long a queue takes: a value.</summary>
internal sealed record ServiceTimes(ImmutableArray<TimeSpan> Last)
{
    private const int Kept = 64;
    private const int Enough = 5;

    public static ServiceTimes None { get; } = new([]);

    /// <summary>The median; null before there are five.</summary>
    public TimeSpan? Median => Last.Length < Enough ? null : Last.Sort()[Last.Length / 2];

    public ServiceTimes With(TimeSpan time) => new((Last.Length < Kept ? Last : Last.RemoveAt(0)).Add(time));
}
