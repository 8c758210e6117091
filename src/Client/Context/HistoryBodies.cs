using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>What differs between two versions.</summary>
/// <param name="From">The older version.</param>
/// <param name="To">The newer version.</param>
/// <param name="Keys">In the order of the keys. A key that was rewritten with its equal value is not there.</param>
/// <param name="Next">What to give as after for the next page; null on the last.</param>
internal sealed record DiffBody(long From, long To, KeyDifferenceBody[] Keys, string? Next)
{
    public static DiffBody Of(DiffOutcome.Found found) =>
        new(found.From.Number, found.To.Number, [.. found.Keys.Select(KeyDifferenceBody.Of)], found.Next?.Value);
}

/// <summary>How a key differs.</summary>
internal enum KeyChange
{
    /// <summary>It is there only in the newer version.</summary>
    Added,

    /// <summary>It has another value.</summary>
    Changed,

    /// <summary>It is there only in the older version.</summary>
    Removed,
}

/// <summary>A key that differs.</summary>
/// <param name="Before">The entry in the older version; null when it was absent.</param>
/// <param name="After">The entry in the newer version; null when it is absent.</param>
internal sealed record KeyDifferenceBody(string Key, KeyChange Change, EntryBody? Before, EntryBody? After)
{
    public static KeyDifferenceBody Of(KeyDifference key) => new(
        key.Key.Value,
        key.Before is null ? KeyChange.Added : key.After is null ? KeyChange.Removed : KeyChange.Changed,
        key.Before is { } before ? EntryBody.Of(before, expired: false) : null,
        key.After is { } after ? EntryBody.Of(after, expired: false) : null);
}

/// <summary>Whose work a key is.</summary>
/// <param name="Version">The newest version of the context.</param>
/// <param name="Writes">The newest first. The first says who made the key what it is.</param>
/// <param name="Oldest">The oldest version that is kept: earlier writes are not listed, unless one made the key what it is.</param>
/// <param name="Next">What to give as after for the next page; null on the last.</param>
internal sealed record BlameBody(string Key, long Version, KeyWriteBody[] Writes, long Oldest, long? Next)
{
    public static BlameBody Of(string key, BlameOutcome.Found found) =>
        new(key, found.Head.Number, [.. found.Writes.Select(KeyWriteBody.Of)], found.Oldest.Number, found.Next?.Number);
}

/// <summary>One commit that wrote or deleted a key.</summary>
internal sealed record KeyWriteBody
{
    /// <summary>The version that it made.</summary>
    public required long Version { get; init; }

    public required DateTimeOffset CommittedAt { get; init; }

    public required string Writer { get; init; }

    [Optional] public string? Run { get; init; }

    [Optional] public string? Step { get; init; }

    [Optional] public int? Attempt { get; init; }

    /// <summary>What the key became; left out when it was deleted.</summary>
    [Optional] public JsonValue? Value { get; init; }

    /// <summary>It was deleted.</summary>
    [Optional] public bool? Deleted { get; init; }

    /// <summary>Published by an attempt that was not accepted yet.</summary>
    [Optional] public bool? Provisional { get; init; }

    /// <summary>Committed although what it was based on had changed.</summary>
    [Optional] public bool? Stale { get; init; }

    /// <summary>The id of the conflict that it decided.</summary>
    [Optional] public string? Resolves { get; init; }

    public static KeyWriteBody Of(KeyWrite write) => new()
    {
        Version = write.Version.Number,
        CommittedAt = write.CommittedAt,
        Writer = write.Origin.Writer,
        Run = write.Origin.Run,
        Step = write.Origin.Step,
        Attempt = write.Origin.Run is null ? null : write.Origin.Attempt,
        Value = write.Value,
        Deleted = write.Value is null ? true : null,
        Provisional = write.Provisional ? true : null,
        Stale = write.Stale ? true : null,
        Resolves = write.Resolves is { } parked ? ParkedWrite.IdOf(parked) : null,
    };
}
