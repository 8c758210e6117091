using System.ComponentModel.DataAnnotations;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>Which of the two writes of a conflict stands.</summary>
internal enum ChosenWrite
{
    /// <summary>What the parked write wanted.</summary>
    Parked,

    /// <summary>What the key is now.</summary>
    Current,
}

/// <summary>Ends a conflict: either choose, or another value.</summary>
internal sealed record ResolveBody
{
    /// <summary>The parked write, or the value that is there now: it is committed again.</summary>
    [Optional] public ChosenWrite? Choose { get; init; }

    /// <summary>What the key becomes instead of either; null is a value.</summary>
    [Optional] public JsonValue? Value { get; init; }

    /// <summary>The version that the decision rests on; as If-Match. The key must not have changed since. Left out, whatever is there is decided upon.</summary>
    [Optional, Range(0d, long.MaxValue)]
    public long? BasedOn { get; init; }

    /// <summary>Who decides; default the key's own name.</summary>
    [Optional, Name]
    public string? Writer { get; init; }
}

/// <summary>Conflicts that wait for a decision, in the order in which they came.</summary>
/// <param name="Version">The newest version of the context.</param>
/// <param name="Next">What to give as after for the next page; null on the last.</param>
internal sealed record ConflictsBody(ConflictBody[] Conflicts, long Version, string? Next)
{
    public static ConflictsBody Of(ConflictsOutcome.Found found) =>
        new([.. found.Conflicts.Select(ConflictBody.Of)], found.Head.Number, found.Next is { } next ? ParkedWrite.IdOf(next) : null);
}

/// <summary>A write that waits, beside what is there.</summary>
/// <param name="Current">The key as it is now; null when it is absent.</param>
internal sealed record ConflictBody(string Id, string Key, ParkedBody Parked, EntryBody? Current)
{
    public static ConflictBody Of(OpenConflict conflict) => new(
        conflict.Parked.Id, conflict.Parked.Write.Key.Value, ParkedBody.Of(conflict.Parked), conflict.Current is { } entry ? EntryBody.Of(entry, expired: false) : null);
}

/// <summary>A write that waits.</summary>
internal sealed record ParkedBody
{
    /// <summary>What it wanted the key to be; left out when it wanted it deleted.</summary>
    [Optional] public JsonValue? Value { get; init; }

    /// <summary>It wanted the key deleted.</summary>
    [Optional] public bool? Delete { get; init; }

    /// <summary>The version that its writer saw; left out for a blind write.</summary>
    [Optional] public long? BasedOn { get; init; }

    public required string Writer { get; init; }

    [Optional] public string? Run { get; init; }

    [Optional] public string? Step { get; init; }

    [Optional] public int? Attempt { get; init; }

    public required DateTimeOffset ParkedAt { get; init; }

    /// <summary>The newest version when it was parked.</summary>
    public required long Version { get; init; }

    public static ParkedBody Of(ParkedWrite parked) => new()
    {
        Value = parked.Write.Value,
        Delete = parked.Write.Value is null ? true : null,
        BasedOn = parked.BasedOn?.Number,
        Writer = parked.Origin.Writer,
        Run = parked.Origin.Run,
        Step = parked.Origin.Step,
        Attempt = parked.Origin.Run is null ? null : parked.Origin.Attempt,
        ParkedAt = parked.ParkedAt,
        Version = parked.Head.Number,
    };
}
