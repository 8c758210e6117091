using System.ComponentModel.DataAnnotations;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>How a channel keeps its context in step.</summary>
internal sealed record SyncBody
{
    public SyncMode Mode { get; init; }

    /// <summary>How far behind a running attempt may fall before it is told: 0 at once, null never. Left out, the network's max_staleness_ms.</summary>
    [Optional, DurationMs(0)]
    public StalenessLimit? StalenessThresholdMs { get; init; }

    public ConflictResolution ConflictResolution { get; init; }

    /// <summary>The fold of keys without a policy of their own, with conflict_resolution merge.</summary>
    [Optional] public MergeKind? Merge { get; init; }

    public bool Audit { get; init; } = true;

    /// <summary>What differs for the keys of a pattern.</summary>
    [Optional, Keys, Count(256)]
    public Dictionary<string, KeyPolicyBody>? Keys { get; init; }

    public static SyncBody Of(ContextSync policy) => new()
    {
        Mode = policy.Mode,
        StalenessThresholdMs = StalenessLimit.Of(policy.StalenessThreshold, policy.NeverTold),
        ConflictResolution = policy.ConflictResolution,
        Merge = policy.Merge,
        Audit = policy.Audit,
        Keys = policy.Keys.IsEmpty ? null : policy.Keys.ToDictionary(key => key.Pattern.Value, KeyPolicyBody.Of),
    };

    /// <param name="request">Gets the faults.</param>
    public ContextSync ToPolicy(RequestReader request)
    {
        request.Require(Merge is not null || ConflictResolution != ConflictResolution.Merge, "/sync/merge", "With merge, say which fold.");
        foreach (var (pattern, key) in Keys ?? []) key.Check($"/sync/keys/{pattern}", request);
        return new()
        {
            Mode = Mode,
            StalenessThreshold = StalenessThresholdMs?.Threshold,
            NeverTold = StalenessThresholdMs is { Ms: null },
            ConflictResolution = ConflictResolution,
            Merge = Merge,
            Audit = Audit,
            Keys = [.. (Keys ?? []).OrderBy(key => key.Key, StringComparer.Ordinal).Select(key => key.Value.ToPolicy(key.Key))],
        };
    }
}

/// <summary>What holds for the keys of one pattern, where it differs from the channel.</summary>
internal sealed record KeyPolicyBody
{
    [Optional] public ConflictResolution? ConflictResolution { get; init; }

    /// <summary>The fold; required with conflict_resolution merge.</summary>
    [Optional] public MergeKind? Merge { get; init; }

    /// <summary>JSON schema of each value.</summary>
    [Optional] public JsonValue? Schema { get; init; }

    /// <summary>Required with conflict_resolution owner_wins.</summary>
    [Optional, Name]
    public string? Owner { get; init; }

    /// <summary>Writers from the highest rank down.</summary>
    [Optional, Name, Count(1000)]
    public string[]? Priority { get; init; }

    /// <summary>How long a value stays valid after its last commit.</summary>
    [Optional, Range(1d, 1e13)]
    public long? ValidForMs { get; init; }

    /// <summary>As in the channel, for these keys.</summary>
    [Optional, DurationMs(0)]
    public long? StalenessThresholdMs { get; init; }

    public static KeyPolicyBody Of(KeyPolicy policy) => new()
    {
        ConflictResolution = policy.ConflictResolution,
        Merge = policy.Merge,
        Schema = policy.Schema,
        Owner = policy.Owner,
        Priority = policy.Priority.IsEmpty ? null : [.. policy.Priority],
        ValidForMs = (long?)policy.ValidFor?.TotalMilliseconds,
        StalenessThresholdMs = (long?)policy.StalenessThreshold?.TotalMilliseconds,
    };

    public void Check(string pointer, RequestReader request)
    {
        request.Require(Merge is not null || ConflictResolution != Channels.ConflictResolution.Merge, $"{pointer}/merge", "With merge, say which fold.");
        request.Require(Owner is not null || ConflictResolution != Channels.ConflictResolution.OwnerWins, $"{pointer}/owner", "With owner_wins, say who owns it.");
    }

    public KeyPolicy ToPolicy(string pattern) => new()
    {
        Pattern = new(pattern),
        ConflictResolution = ConflictResolution,
        Merge = Merge,
        Schema = Schema,
        Owner = Owner,
        Priority = [.. Priority ?? []],
        ValidFor = ValidForMs is { } validForMs ? TimeSpan.FromMilliseconds(validForMs) : null,
        StalenessThreshold = StalenessThresholdMs is { } stalenessMs ? TimeSpan.FromMilliseconds(stalenessMs) : null,
    };
}
