using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>Changes keys of a context, atomically.</summary>
internal record PatchBody
{
    /// <summary>Keys and their new values; null is a value.</summary>
    [KeyName, Count(10_000)]
    public Dictionary<string, JsonValue> Set { get; init; } = [];

    /// <summary>Keys to remove.</summary>
    [KeyName, Count(10_000)]
    public string[] Delete { get; init; } = [];

    /// <summary>The version the writer saw; as If-Match. 0 is "saw nothing", left out is a blind write.</summary>
    [Range(0d, long.MaxValue)]
    public long? BasedOn { get; init; }

    /// <summary>Keys and patterns the writer relied on.</summary>
    [Keys, Count(10_000)]
    public string[] Reads { get; init; } = [];

    /// <summary>Who writes; default the key's own name.</summary>
    [Name]
    public string? Writer { get; init; }
}

/// <summary>Turns maps of keys and values, as bodies have them, into writes.</summary>
internal static class Writes
{
    /// <summary>The writes of <paramref name="set"/> and <paramref name="delete"/>; a key that is in both, or twice in the latter, is a fault.</summary>
    public static ImmutableArray<ContextWrite> Of(Dictionary<string, JsonValue> set, string[] delete, RequestReader request)
    {
        var keys = new HashSet<string>(set.Keys, StringComparer.Ordinal);
        for (var i = 0; i < delete.Length; i++)
        {
            request.Require(keys.Add(delete[i]), $"/delete/{i}", "Each key may be there once, in one of the two.");
        }

        return Of(set).AddRange(delete.Select(key => new ContextWrite(new(key), null)));
    }

    public static ImmutableArray<ContextWrite> Of(Dictionary<string, JsonValue> set) =>
        [.. set.Select(pair => new ContextWrite(new(pair.Key), pair.Value))];
}

/// <summary>What became of a patch.</summary>
internal sealed record PatchedBody(long Version, PatchEffect Outcome, string[] Overwritten, string[] Dropped, string[] Merged, string[] Parked)
{
    /// <summary>The ids of the conflicts that wait for a decision, one for each of parked.</summary>
    [Optional] public string[]? Conflicts { get; init; }

    public static PatchedBody Of(PatchOutcome.Applied applied) => new(
        applied.Version.Number, applied.Effect, Keys(applied.Overwritten), Keys(applied.Dropped), Keys(applied.Merged), Keys(applied.Parked))
    {
        Conflicts = applied.Conflicts.IsDefaultOrEmpty ? null : [.. applied.Conflicts.Select(ParkedWrite.IdOf)],
    };

    private static string[] Keys(ImmutableArray<ContextKey> keys) => [.. keys.Select(key => key.Value)];
}

/// <summary>Part of a context at one version.</summary>
internal sealed record ContextBody(long Version, Dictionary<string, EntryBody> Entries)
{
    public static ContextBody Of(ContextView view)
    {
        var expired = view.Expired.ToHashSet();
        return new(view.Version.Number, view.Entries.ToDictionary(entry => entry.Key.Value, entry => EntryBody.Of(entry, expired.Contains(entry.Key))));
    }
}

/// <summary>One key's value and where it came from.</summary>
internal sealed record EntryBody
{
    public required JsonValue Value { get; init; }

    /// <summary>The version that wrote the value.</summary>
    public required long Version { get; init; }

    /// <summary>The version that made the key.</summary>
    public required long CreatedVersion { get; init; }

    public required string Writer { get; init; }

    [Optional] public string? Run { get; init; }

    [Optional] public string? Step { get; init; }

    public required DateTimeOffset CommittedAt { get; init; }

    /// <summary>Its validity has run out.</summary>
    [Optional] public bool? Expired { get; init; }

    /// <summary>Published by an attempt that is not accepted yet.</summary>
    [Optional] public bool? Provisional { get; init; }

    /// <summary>Committed although what it was based on had changed.</summary>
    [Optional] public bool? Stale { get; init; }

    public static EntryBody Of(ContextEntry entry, bool expired) => new()
    {
        Value = entry.Value,
        Version = entry.Version.Number,
        CreatedVersion = entry.Created.Number,
        Writer = entry.Origin.Writer,
        Run = entry.Origin.Run,
        Step = entry.Origin.Step,
        CommittedAt = entry.CommittedAt,
        Expired = expired ? true : null,
        Provisional = entry.Provisional ? true : null,
        Stale = entry.Stale ? true : null,
    };
}

/// <summary>Consecutive commits after a version.</summary>
/// <param name="Version">The newest version of the context.</param>
/// <param name="Gap">The version asked for is older than the kept history: read a snapshot and go on from its version.</param>
internal sealed record ChangesBody(IReadOnlyList<ChangeBody> Changes, long Version, bool Gap);

/// <summary>One commit.</summary>
internal sealed record ChangeBody
{
    public required long Version { get; init; }

    public required DateTimeOffset CommittedAt { get; init; }

    public required string Writer { get; init; }

    [Optional] public string? Run { get; init; }

    [Optional] public string? Step { get; init; }

    [Optional] public int? Attempt { get; init; }

    [Optional] public bool? Provisional { get; init; }

    /// <summary>The id of the conflict that it decided.</summary>
    [Optional] public string? Resolves { get; init; }

    /// <summary>Keys and their values after the commit.</summary>
    public required Dictionary<string, JsonValue> Set { get; init; }

    public required string[] Delete { get; init; }

    public static ChangeBody Of(Change change) => new()
    {
        Version = change.Version.Number,
        CommittedAt = change.CommittedAt,
        Writer = change.Origin.Writer,
        Run = change.Origin.Run,
        Step = change.Origin.Step,
        Attempt = change.Origin.Run is null ? null : change.Origin.Attempt,
        Provisional = change.Provisional ? true : null,
        Resolves = change.Resolves is { } parked ? ParkedWrite.IdOf(parked) : null,
        Set = change.Writes.Where(write => write.Value is not null).ToDictionary(write => write.Key.Value, write => write.Value!),
        Delete = [.. change.Writes.Where(write => write.Value is null).Select(write => write.Key.Value)],
    };
}
