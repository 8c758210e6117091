using System.Collections.Immutable;

namespace Rosud.Context;

/// <summary>Finds what of the keys and patterns that somebody relied on is no longer as he saw it. SEMANTICS C1, C3, C5, C6, C11.</summary>
internal sealed class ReadSet(ContextLog log, KeyPolicies policies, ContextVersion basedOn, Origin reader, DateTimeOffset now)
{
    private readonly SortedDictionary<ContextKey, StaleKey> _stale = [];

    public ImmutableArray<StaleKey> Stale(ImmutableArray<KeyPattern> reads)
    {
        foreach (var read in reads)
        {
            if (read.IsExact) Check(new(read.Value));
            else CheckAll(read);
            AddExpired(read);
        }

        return [.. _stale.Values];
    }

    public StaleKey? Changed(ContextKey key) =>
        log.Memory.Unseen(key, log.Find(key), basedOn, reader, log.LastCommit) is { } change ? Behind(key, change.Current, change.FirstAt) : null;

    private void Check(ContextKey key)
    {
        if (Changed(key) is { } stale) _stale[key] = stale;
    }

    private void CheckAll(KeyPattern read)
    {
        foreach (var key in log.Memory.Candidates(read, basedOn, log.Head)) Check(key);
        if (basedOn >= log.RememberedFrom) return;
        foreach (var entry in log.Live(log.Range(read)).Where(entry => entry.Version > basedOn)) Check(entry.Key);

        // A key under the pattern may have gone since, and nothing is left that would say so. In the empty context there was none.
        if (basedOn != ContextVersion.None) _stale[new(read.Value)] = Behind(new(read.Value), log.RememberedFrom, log.LastCommit);
    }

    private void AddExpired(KeyPattern read)
    {
        foreach (var expiring in policies.Expiring.Where(read.Overlaps))
        {
            // Of two patterns that overlap one covers the other.
            foreach (var entry in log.Live(log.Range(read.Covers(expiring) ? expiring : read)))
            {
                if (policies.ExpiresAt(entry) is { } end && end <= now) _stale.TryAdd(entry.Key, Behind(entry.Key, entry.Version, end));
            }
        }
    }

    private StaleKey Behind(ContextKey key, ContextVersion current, DateTimeOffset since) =>
        new(key, basedOn, current, now > since ? now - since : TimeSpan.Zero);
}
