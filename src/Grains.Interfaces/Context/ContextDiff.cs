using System.Collections.Immutable;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>What to compare.</summary>
[GenerateSerializer, Immutable, Alias("rosud.diff-query")]
public sealed record DiffQuery
{
    /// <summary>The older version; 0 is the empty context.</summary>
    [Id(0)] public required ContextVersion From { get; init; }

    /// <summary>The newer version; null for the newest.</summary>
    [Id(1)] public ContextVersion? To { get; init; }

    /// <summary>Keys and patterns; empty for everything.</summary>
    [Id(2)] public ImmutableArray<KeyPattern> Keys { get; init; } = [];

    /// <summary>Only keys that come after this one; null for all.</summary>
    [Id(3)] public ContextKey? After { get; init; }

    /// <summary>How many keys at most, 1 to 500.</summary>
    [Id(4)] public int Limit { get; init; } = 100;
}

/// <summary>A key that is another at two versions. A key that was rewritten with its equal value is the same.</summary>
/// <param name="Before">The entry at the older version; null when it was absent.</param>
/// <param name="After">The entry at the newer version; null when it is absent.</param>
[GenerateSerializer, Immutable, Alias("rosud.key-difference")]
public sealed record KeyDifference([property: Id(0)] ContextKey Key, [property: Id(1)] ContextEntry? Before, [property: Id(2)] ContextEntry? After);

/// <summary>The answer to a <see cref="DiffQuery"/>.</summary>
[GenerateSerializer, Immutable, Alias("rosud.diff-outcome")]
public abstract record DiffOutcome
{
    private DiffOutcome() { }

    /// <summary>The keys that differ, in order; at most the limit, and about 1 MiB.</summary>
    /// <param name="Next">The key to go on after; null when there are no more.</param>
    [GenerateSerializer, Immutable, Alias("rosud.diff-found")]
    public sealed record Found(
        [property: Id(0)] ContextVersion From,
        [property: Id(1)] ContextVersion To,
        [property: Id(2)] ImmutableArray<KeyDifference> Keys,
        [property: Id(3)] ContextKey? Next) : DiffOutcome;

    /// <summary>A version is not kept any more (<c>compacted</c>) or not there yet; or there is no such channel.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.diff-refused")]
    public sealed record Refused([property: Id(0)] Problem Problem) : DiffOutcome;
}
