using System.Collections.Immutable;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>Whose work a key is.</summary>
[GenerateSerializer, Immutable, Alias("rosud.blame-query")]
public sealed record BlameQuery
{
    /// <summary>The key.</summary>
    [Id(0)] public required ContextKey Key { get; init; }

    /// <summary>Only writes up to this version; null for all. To read on, the <c>Next</c> of the page before.</summary>
    [Id(1)] public ContextVersion? UpTo { get; init; }

    /// <summary>How many writes at most, 1 to 500.</summary>
    [Id(2)] public int Limit { get; init; } = 100;
}

/// <summary>One commit that wrote or deleted a key.</summary>
/// <param name="Version">The version it made.</param>
/// <param name="Origin">Who, and in which attempt.</param>
/// <param name="Value">What the key became; null when it was deleted.</param>
[GenerateSerializer, Immutable, Alias("rosud.key-write")]
public sealed record KeyWrite(
    [property: Id(0)] ContextVersion Version,
    [property: Id(1)] DateTimeOffset CommittedAt,
    [property: Id(2)] Origin Origin,
    [property: Id(3)] JsonValue? Value)
{
    /// <summary>Published early by an attempt that is not accepted yet.</summary>
    [Id(4)] public bool Provisional { get; init; }

    /// <summary>Committed although what it was based on had changed.</summary>
    [Id(5)] public bool Stale { get; init; }

    /// <summary>The parked write that this commit resolved; null for any other commit.</summary>
    [Id(6)] public long? Resolves { get; init; }
}

/// <summary>The answer to a <see cref="BlameQuery"/>.</summary>
[GenerateSerializer, Immutable, Alias("rosud.blame-outcome")]
public abstract record BlameOutcome
{
    private BlameOutcome() { }

    /// <summary>The writes of the key, the newest first.</summary>
    /// <param name="Head">The newest version of the context.</param>
    /// <param name="Writes">At most the limit, and about 1 MiB. The first of the first page says whose the key is now; it is known also when its history is not kept any more.</param>
    /// <param name="Next">The version to go on at; null when there are no more.</param>
    /// <param name="Oldest">The oldest version that is kept: writes before it are known only where a later one replaced them.</param>
    [GenerateSerializer, Immutable, Alias("rosud.blame-found")]
    public sealed record Found(
        [property: Id(0)] ContextVersion Head,
        [property: Id(1)] ImmutableArray<KeyWrite> Writes,
        [property: Id(2)] ContextVersion? Next,
        [property: Id(3)] ContextVersion Oldest) : BlameOutcome;

    /// <summary>The version is not kept any more (<c>compacted</c>) or not there yet; or there is no such channel.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.blame-refused")]
    public sealed record Refused([property: Id(0)] Problem Problem) : BlameOutcome;
}
