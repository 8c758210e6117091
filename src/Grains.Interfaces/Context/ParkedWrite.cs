using System.Collections.Immutable;
using System.Globalization;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>A write that lost against another under <c>manual</c> and waits until somebody resolves it. Durable; kept until then or until its channel is deleted.</summary>
[GenerateSerializer, Immutable, Alias("rosud.parked-write")]
public sealed record ParkedWrite
{
    /// <summary>Its place in the order in which the channel parked writes, from 1; never used again.</summary>
    [Id(0)] public required long Number { get; init; }

    /// <summary>The key and the value that it wanted; a null value is a deletion.</summary>
    [Id(1)] public required ContextWrite Write { get; init; }

    /// <summary>The version that its writer saw; null for a blind write.</summary>
    [Id(2)] public required ContextVersion? BasedOn { get; init; }

    /// <summary>Who wrote it.</summary>
    [Id(3)] public required Origin Origin { get; init; }

    /// <summary>When it was parked, by the channel's clock.</summary>
    [Id(4)] public required DateTimeOffset ParkedAt { get; init; }

    /// <summary>The channel's head when it was parked.</summary>
    [Id(5)] public required ContextVersion Head { get; init; }

    /// <summary>The name under which it is resolved.</summary>
    public string Id => IdOf(Number);

    /// <summary>The name of the write with this number.</summary>
    public static string IdOf(long number) => $"p{number}";

    /// <summary>Reads a name; false when it is none.</summary>
    public static bool TryParseId(string? id, out long number)
    {
        number = 0;
        return id is ['p', >= '1' and <= '9', ..] && long.TryParse(id.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}

/// <summary>A parked write beside what its key is now.</summary>
/// <param name="Current">The key's entry; null when it is absent.</param>
[GenerateSerializer, Immutable, Alias("rosud.open-conflict")]
public sealed record OpenConflict([property: Id(0)] ParkedWrite Parked, [property: Id(1)] ContextEntry? Current);

/// <summary>What becomes of the key of a conflict.</summary>
public enum ConflictChoice
{
    /// <summary>What the parked write wanted.</summary>
    Parked,

    /// <summary>What the key is now: its value is committed again.</summary>
    Current,

    /// <summary>Another value, given with the decision.</summary>
    Value,
}

/// <summary>Somebody's decision on one conflict.</summary>
[GenerateSerializer, Immutable, Alias("rosud.resolution")]
public sealed record Resolution
{
    /// <summary><see cref="ParkedWrite.Number"/> of the write that is resolved.</summary>
    [Id(0)] public required long Conflict { get; init; }

    /// <summary>What the key becomes.</summary>
    [Id(1)] public required ConflictChoice Choice { get; init; }

    /// <summary>The value with <see cref="ConflictChoice.Value"/>.</summary>
    [Id(2)] public JsonValue? Value { get; init; }

    /// <summary>The version that the decision rests on; null for whatever there is. A key that changed after it is a conflict.</summary>
    [Id(3)] public ContextVersion? BasedOn { get; init; }

    /// <summary>Who decided: the writer of the commit.</summary>
    [Id(4)] public required Origin Origin { get; init; }

    /// <summary>As <see cref="ContextPatch.OperationId"/>.</summary>
    [Id(5)] public string? OperationId { get; init; }

    /// <summary>As <see cref="ContextPatch.BodyHash"/>, with <see cref="Conflict"/> in it.</summary>
    [Id(6)] public ContentHash BodyHash { get; init; }

    /// <summary>As <see cref="ContextPatch.Caller"/>.</summary>
    [Id(7)] public string? Caller { get; init; }

    /// <summary>As <see cref="ContextPatch.TraceId"/>.</summary>
    [Id(8)] public string? TraceId { get; init; }
}

/// <summary>The answer to a request for a channel's conflicts.</summary>
[GenerateSerializer, Immutable, Alias("rosud.conflicts-outcome")]
public abstract record ConflictsOutcome
{
    private ConflictsOutcome() { }

    /// <summary>Open conflicts in the order in which they were parked.</summary>
    /// <param name="Next">The number to go on after; null when there are no more.</param>
    [GenerateSerializer, Immutable, Alias("rosud.conflicts-found")]
    public sealed record Found([property: Id(0)] ImmutableArray<OpenConflict> Conflicts, [property: Id(1)] long? Next, [property: Id(2)] ContextVersion Head) : ConflictsOutcome;

    /// <summary>There is no such channel.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.conflicts-refused")]
    public sealed record Refused([property: Id(0)] Problem Problem) : ConflictsOutcome;
}
