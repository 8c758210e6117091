using System.Collections.Immutable;
using Rosud.Channels;

namespace Rosud.Context;

/// <summary>Short words for tests about contexts.</summary>
internal static class ContextFixture
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly Origin Caller = new("caller");
    public static readonly Origin Other = new("other");

    public static JsonValue Json(string json) => JsonValue.Parse(json);

    public static ContextWrite Set(string key, string json) => new(new(key), Json(json));

    public static ContextWrite Delete(string key) => new(new(key), null);

    public static ContextSync Sync(ConflictResolution resolution, params KeyPolicy[] keys) => new() { ConflictResolution = resolution, Keys = [.. keys] };

    public static ContextSync Merging(MergeKind fold) => new() { ConflictResolution = ConflictResolution.Merge, Merge = fold };

    public static ContextPatch Patch(long? basedOn, params ContextWrite[] writes) => new()
    {
        Writes = [.. writes],
        BasedOn = basedOn is { } version ? new(version) : null,
        Origin = Caller,
    };

    public static ContextPatch Reading(this ContextPatch patch, params string[] reads) => patch with { Reads = [.. reads.Select(read => new KeyPattern(read))] };

    public static ContextPatch From(this ContextPatch patch, Origin origin) => patch with { Origin = origin };

    /// <summary>Commits one version per second, all by <see cref="Other"/>.</summary>
    public static ContextLog Commit(this ContextLog log, params ContextWrite[] writes) => log.CommitAs(Other, writes);

    public static ContextLog CommitAs(this ContextLog log, Origin origin, params ContextWrite[] writes) =>
        log.Commit([.. writes], origin, At(log.Head.Number + 1)).Next;

    /// <summary>When <see cref="Commit"/> commits that version.</summary>
    public static DateTimeOffset At(long version) => Noon.AddSeconds(version);

    public static PatchVerdict Judge(this ContextLog log, ContextSync policy, ContextPatch patch) => log.Judge(patch, policy, At(log.Head.Number));

    /// <summary>Applies the patch, which must be applied.</summary>
    public static ContextLog Apply(this ContextLog log, ContextSync policy, ContextPatch patch)
    {
        var verdict = Assert.IsType<PatchVerdict.Apply>(log.Judge(policy, patch));
        return log.Commit(verdict.Writes, patch.Origin, At(log.Head.Number + 1)).Next;
    }

    public static string[] Names(this ImmutableArray<ContextKey> keys) => [.. keys.Select(key => key.Value)];

    public static string[] Names(this ImmutableArray<StaleKey> keys) => [.. keys.Select(key => key.Key.Value)];

    public static ContextLimits Remembering(int versions) => new() { RememberedVersionsMax = versions };
}
