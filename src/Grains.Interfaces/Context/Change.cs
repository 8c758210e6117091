using System.Collections.Immutable;

namespace Rosud.Context;

/// <summary>One commit, as history and listeners see it.</summary>
/// <param name="Version">The version it made.</param>
/// <param name="CommittedAt">When, by the channel's clock.</param>
/// <param name="Origin">Who, and in which attempt.</param>
/// <param name="Writes">The keys and their values after the commit; a null value is a deletion.</param>
[GenerateSerializer, Immutable, Alias("rosud.change")]
public sealed record Change(
    [property: Id(0)] ContextVersion Version,
    [property: Id(1)] DateTimeOffset CommittedAt,
    [property: Id(2)] Origin Origin,
    [property: Id(3)] ImmutableArray<ContextWrite> Writes)
{
    /// <summary>Published early by an attempt that was not accepted yet.</summary>
    [Id(4)] public bool Provisional { get; init; }

    /// <summary>The parked write (<see cref="ParkedWrite.Number"/>) that this commit resolved; null for any other commit.</summary>
    [Id(5)] public long? Resolves { get; init; }
}

/// <summary>Consecutive commits after a version.</summary>
/// <param name="Changes">In order, without holes.</param>
/// <param name="Head">The newest version of the context.</param>
/// <param name="Gap">The version asked for is older than the kept history: read a snapshot at <paramref name="Head"/> instead.</param>
[GenerateSerializer, Immutable, Alias("rosud.change-page")]
public sealed record ChangePage(
    [property: Id(0)] ImmutableArray<Change> Changes,
    [property: Id(1)] ContextVersion Head,
    [property: Id(2)] bool Gap);
