using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Rosud.Channels;

namespace Rosud.Context;

/// <summary>What holds for one key.</summary>
internal sealed record EffectivePolicy(ConflictResolution Resolution, MergeKind? Merge, string? Owner, ImmutableArray<string> Priority)
{
    public TimeSpan? ValidFor { get; init; }

    /// <summary>What each value must be; null for any. Compiled when the first value comes.</summary>
    public Lazy<KeySchema>? Schema { get; init; }

    /// <summary>The key's or channel's; null when neither says anything.</summary>
    public TimeSpan? StalenessThreshold { get; init; }

    /// <summary>Attempts that read this key are never told that they are behind.</summary>
    public bool NeverTold { get; init; }

    /// <summary>0 is the highest. The unlisted share the lowest.</summary>
    public int RankOf(string? writer) => writer is not null && Priority.IndexOf(writer) is >= 0 and var rank ? rank : int.MaxValue;
}

/// <summary>Finds what holds for each key of a channel: the exact pattern first, then the longest prefix, then the channel.</summary>
internal sealed class KeyPolicies
{
    private static readonly ConditionalWeakTable<ContextSync, KeyPolicies> Known = [];

    private readonly Dictionary<string, EffectivePolicy> _exact = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EffectivePolicy> _prefixes = new(StringComparer.Ordinal);
    private readonly ImmutableArray<int> _lengths;
    private readonly EffectivePolicy _channel;

    private KeyPolicies(ContextSync policy)
    {
        _channel = new(policy.ConflictResolution, policy.Merge, null, [])
        {
            StalenessThreshold = policy.StalenessThreshold,
            NeverTold = policy.NeverTold,
        };
        foreach (var key in policy.Keys)
        {
            (key.Pattern.IsExact ? _exact : _prefixes)[key.Pattern.Prefix.ToString()] = Over(_channel, key);
        }

        _lengths = [.. _prefixes.Keys.Select(prefix => prefix.Length).Distinct().OrderDescending()];
        AnySchema = policy.Keys.Any(key => key.Schema is not null);
        Expiring = [.. policy.Keys.Where(key => key.ValidFor is not null).Select(key => key.Pattern)];
    }

    /// <summary>Patterns whose keys run out.</summary>
    public ImmutableArray<KeyPattern> Expiring { get; }

    public bool AnySchema { get; }

    public bool AnyExpires => !Expiring.IsEmpty;

    public static KeyPolicies Of(ContextSync policy) => Known.GetValue(policy, static policy => new(policy));

    public EffectivePolicy For(ContextKey key)
    {
        if (_exact.TryGetValue(key.Value, out var policy)) return policy;
        var prefixes = _prefixes.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var length in _lengths)
        {
            if (length <= key.Value.Length && prefixes.TryGetValue(key.Value.AsSpan(0, length), out policy)) return policy;
        }

        return _channel;
    }

    /// <summary>Whether the entry's validity, which runs from its last commit, has passed.</summary>
    public bool IsExpired(ContextEntry entry, DateTimeOffset now) => ExpiresAt(entry) <= now;

    /// <summary>When the entry's validity passes; null when it never does.</summary>
    public DateTimeOffset? ExpiresAt(ContextEntry entry) =>
        AnyExpires && For(entry.Key).ValidFor is { } validFor && validFor < DateTimeOffset.MaxValue - entry.CommittedAt ? entry.CommittedAt + validFor : null;

    private static EffectivePolicy Over(EffectivePolicy channel, KeyPolicy key) => channel with
    {
        Resolution = key.ConflictResolution ?? channel.Resolution,
        Merge = key.Merge ?? channel.Merge,
        Owner = key.Owner,
        Priority = key.Priority,
        ValidFor = key.ValidFor,
        Schema = key.Schema is { } schema ? new(() => KeySchema.Of(schema)) : null,
        StalenessThreshold = key.StalenessThreshold ?? channel.StalenessThreshold,
        NeverTold = channel.NeverTold && key.StalenessThreshold is null,
    };
}
