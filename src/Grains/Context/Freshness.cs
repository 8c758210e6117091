using System.Collections.Immutable;

namespace Rosud.Context;

/// <summary>
/// How far a running attempt is behind the context that it was given: a value that follows the channel's commits. DESIGN
/// "Freshness", SEMANTICS C12. It decides only when the attempt is told; the check at commit does not depend on it.
/// </summary>
/// <remarks>Changes must come in order and without hole after <see cref="Version"/>; on a gap make a new value from a new view.</remarks>
internal sealed record Freshness
{
    private readonly ImmutableArray<KeyPattern> _reads;
    private readonly Origin _reader;
    private readonly ImmutableDictionary<ContextKey, ContentHash> _read;
    private ImmutableSortedDictionary<ContextKey, Followed> _followed = ImmutableSortedDictionary<ContextKey, Followed>.Empty;

    /// <param name="view">What the attempt was given.</param>
    /// <param name="reads">Keys and patterns it relies on.</param>
    /// <param name="reader">The attempt; what its step writes itself never puts it behind.</param>
    public Freshness(ContextView view, ImmutableArray<KeyPattern> reads, Origin reader)
    {
        (Version, ReadVersion, _reads, _reader) = (view.Version, view.Version, reads, reader);
        _read = view.Entries.ToImmutableDictionary(entry => entry.Key, entry => entry.Value.Hash);
    }

    /// <summary>The newest version that this knows of.</summary>
    public ContextVersion Version { get; private init; }

    /// <summary>The version of the view.</summary>
    public ContextVersion ReadVersion { get; }

    /// <summary>Takes commits into account. Those up to <see cref="Version"/> are known already.</summary>
    public Freshness Follow(IEnumerable<Change> changes)
    {
        var (version, followed) = (Version, _followed.ToBuilder());
        foreach (var change in changes.Where(change => change.Version > Version))
        {
            version = change.Version;
            foreach (var (key, value) in change.Writes.Where(write => _reads.Any(read => read.Matches(write.Key))))
            {
                var read = Read(key);
                var before = followed.GetValueOrDefault(key) ?? new(read, read, default, null);
                var now = before with { Now = value?.Hash };
                if (now.Now != before.Now && !change.Origin.IsSameStep(_reader))
                {
                    now = now with { Others = now.Now, Version = version, Since = before.Since ?? (now.Now == read ? null : change.CommittedAt) };
                }

                followed[key] = now;
            }
        }

        return this with { Version = version, _followed = followed.ToImmutable() };
    }

    /// <summary>When the attempt must be told that it is behind; null when never, as it stands.</summary>
    /// <param name="network">The network's threshold, where neither key nor channel has one; null never tells.</param>
    public DateTimeOffset? TellAt(KeyPolicies policies, TimeSpan? network)
    {
        DateTimeOffset? earliest = null;
        foreach (var (key, since) in Behind().Select(behind => (behind.Key, behind.Value.Since!.Value)))
        {
            var policy = policies.For(key);
            var threshold = policy.NeverTold ? null : policy.StalenessThreshold ?? network;
            if (threshold is not { } after || after > DateTimeOffset.MaxValue - since) continue;
            if (earliest is null || since + after < earliest) earliest = since + after;
        }

        return earliest;
    }

    /// <summary>The keys that are behind, in order, as the attempt is told at <paramref name="now"/>.</summary>
    public ImmutableArray<StaleKey> At(DateTimeOffset now) =>
        [.. Behind().Select(behind => new StaleKey(behind.Key, ReadVersion, behind.Value.Version, now > behind.Value.Since ? now - behind.Value.Since.Value : TimeSpan.Zero))];

    private IEnumerable<KeyValuePair<ContextKey, Followed>> Behind() =>
        _followed.Where(key => key.Value.Now != Read(key.Key) && key.Value.Others != Read(key.Key));

    private ContentHash? Read(ContextKey key) => _read.TryGetValue(key, out var hash) ? hash : null;

    /// <summary>What has become of one key since it was read.</summary>
    /// <param name="Now">Its hash; null when it is absent.</param>
    /// <param name="Others">Its hash by the last change that was not the reader's own.</param>
    /// <param name="Version">The version of that change.</param>
    /// <param name="Since">When others first made it something else than what was read.</param>
    private sealed record Followed(ContentHash? Now, ContentHash? Others, ContextVersion Version, DateTimeOffset? Since);
}
