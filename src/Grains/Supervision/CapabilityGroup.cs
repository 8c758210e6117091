using System.Collections.Immutable;

namespace Rosud.Supervision;

/// <summary>Who of a capability's group gets an attempt. A value.</summary>
internal static class CapabilityGroup
{
    /// <summary>How many of a group may be left out at once: half of it, and never the last one.</summary>
    public static int EjectedMax(int members) => Math.Min(members / 2, Math.Max(0, members - 1));

    /// <summary>The least loaded and best of those that are not left out; of equals, the one that <paramref name="spread"/> says.</summary>
    /// <remarks>
    /// Left out are those whose breaker is open, who opened first first, as many as may be. Those beyond that are asked in spite of their breaker, but only
    /// when the others have a full load more.
    /// </remarks>
    public static (string Agent, bool IsLastResort) Choose(ImmutableArray<Candidate> group, ImmutableHashSet<string> avoid, uint spread, DateTimeOffset now)
    {
        var ejected = group.Where(one => one.EjectedUntil > now).OrderBy(one => one.EjectedAt).ThenBy(one => one.Agent, StringComparer.Ordinal)
            .Take(EjectedMax(group.Length)).Select(one => one.Agent).ToHashSet(StringComparer.Ordinal);
        var left = group.Where(one => !ejected.Contains(one.Agent)).ToArray();
        var untried = left.Where(one => !avoid.Contains(one.Agent)).ToArray();
        var from = untried.Length > 0 ? untried : left;
        var best = from.Min(one => one.Cost(now));
        var equals = from.Where(one => one.Cost(now) == best).ToArray();
        var chosen = equals[spread % (uint)equals.Length];
        return (chosen.Agent, chosen.EjectedUntil > now);
    }
}

/// <summary>An agent of a group as it stands.</summary>
/// <param name="Load">What it has at work, in units of what it may have at work.</param>
/// <param name="EjectedAt">When its breaker was first seen open.</param>
/// <param name="EjectedUntil">Until when it is left out, if there is room for that.</param>
/// <param name="FailedAt">When an attempt there ended badly last, and none has succeeded since.</param>
internal readonly record struct Candidate(string Agent, double Load, DateTimeOffset EjectedAt, DateTimeOffset EjectedUntil, DateTimeOffset FailedAt = default)
{
    private static readonly TimeSpan Doubted = TimeSpan.FromSeconds(5);

    public double Cost(DateTimeOffset now) => Load + (EjectedUntil > now ? 1 : 0) + (FailedAt != default && FailedAt + Doubted > now ? 1 : 0);
}
