using System.Collections.Immutable;

namespace Rosud.Context;

/// <summary>
/// The recent past of a context as hashes: what each key was at each remembered version. A value.
/// A key that has no list here has been what it is since its entry's version.
/// </summary>
/// <remarks>
/// A list holds only real changes (equal values make none) and has no hole: from its first moment on it is complete. A list
/// that starts after <see cref="From"/> means that the key was absent before.
/// </remarks>
internal sealed record ContextMemory
{
    private static readonly Window<Moment> Nothing = Window<Moment>.Empty;

    private ImmutableDictionary<ContextKey, Window<Moment>> _past = ImmutableDictionary<ContextKey, Window<Moment>>.Empty;
    private ImmutableSortedSet<ContextKey> _keys = [];
    private Window<ImmutableArray<ContextKey>> _written = Window<ImmutableArray<ContextKey>>.Empty;   // The keys of each version, from _writtenFrom up to the newest.
    private long _writtenFrom;
    private int _writes;
    private int _forgotten;   // Keys of version From that are forgotten already; the rest of them follow.

    private ContextMemory(ContextVersion from) => (From, _writtenFrom) = (from, from.Number + 1);

    /// <summary>What is known of changes is complete for versions after this.</summary>
    public ContextVersion From { get; private init; }

    /// <summary>Remembered writes.</summary>
    public int Writes => _writes;

    /// <summary>A memory that begins at <paramref name="from"/>.</summary>
    public static ContextMemory Since(ContextVersion from) => new(from);

    /// <summary>Whether <paramref name="key"/> has changed for somebody who saw <paramref name="basedOn"/>; null when it has not.</summary>
    /// <param name="current">The live entry, or null.</param>
    /// <param name="lastCommit">The time of the newest commit, for changes whose own time is forgotten.</param>
    public UnseenChange? Unseen(ContextKey key, ContextEntry? current, ContextVersion basedOn, Origin reader, DateTimeOffset lastCommit)
    {
        if (current is not null && current.Version <= basedOn) return null;
        var past = PastOf(key, current);
        var seen = NewestUpTo(past, basedOn);
        var complete = seen >= 0 || basedOn >= From;
        if (!complete && basedOn != ContextVersion.None)
        {
            return current is null ? new(From, null, lastCommit) : new(current.Version, current.Origin, current.CommittedAt);
        }

        var hash = seen < 0 ? null : past[seen].Hash;
        if (hash == current?.Value.Hash) return null;   // It is what it was: nothing the reader relied on is different.
        for (var i = past.Count - 1; i > seen; i--)
        {
            if (past[i].Origin.IsSameStep(reader)) continue;
            return past[i].Hash == hash ? null : new(past[i].Version, past[i].Origin, FirstAt(past, seen, hash, reader));
        }

        // To somebody who saw nothing a key that is there was made, by whomever the memory no longer knows of.
        return complete ? null : new(current!.Version, current.Origin, current.CommittedAt);
    }

    /// <summary>Whether it is certain that a key, which is absent now, has been absent since <paramref name="version"/>.</summary>
    public bool HasNotMade(ContextKey key, ContextVersion version) =>
        version >= From && (!_past.TryGetValue(key, out var past) || past[^1].Version <= version);

    /// <summary>Who wrote or deleted the key last; null when that is no longer known.</summary>
    public Origin? LastWriter(ContextKey key, ContextEntry? current) =>
        current?.Origin ?? (_past.TryGetValue(key, out var past) ? past[^1].Origin : null);

    /// <summary>Keys under <paramref name="pattern"/> among which are all that changed after <paramref name="basedOn"/>, as far as that is remembered.</summary>
    public IEnumerable<ContextKey> Candidates(KeyPattern pattern, ContextVersion basedOn, ContextVersion head)
    {
        var range = KeyRange.Of(_keys, pattern);
        if (basedOn < From || range.Count <= head.Number - basedOn.Number) return range.Keys(_keys);
        return WrittenAfter(basedOn, head).Where(pattern.Matches);
    }

    /// <summary>Remembers a commit, and forgets what is too old: a bounded number of writes for each new one.</summary>
    public ContextMemory Add(
        Change change, ImmutableDictionary<ContextKey, ContextEntry> before, ImmutableDictionary<ContextKey, ContextEntry> after, ContextLimits limits)
    {
        var (past, keys) = (_past, _keys);
        foreach (var write in change.Writes)
        {
            var entry = before.GetValueOrDefault(write.Key);
            var moments = past.GetValueOrDefault(write.Key) ?? (entry is null ? Nothing : Nothing.Add(Moment.Of(entry)));
            var isEqual = entry is null ? write.Value is null : entry.Value.Equals(write.Value);
            if (!isEqual) moments = moments.Add(new(change.Version, write.Value?.Hash, change.CommittedAt, change.Origin));
            if (moments.IsEmpty) continue;
            past = past.SetItem(write.Key, moments);
            keys = keys.Add(write.Key);
        }

        var next = this with
        {
            _past = past,
            _keys = keys,
            _written = _written.Add([.. change.Writes.Select(write => write.Key)]),
            _writes = _writes + change.Writes.Length,
        };
        return next.Forget(change.Version, after, limits, (2 * change.Writes.Length) + 16);
    }

    /// <summary>Remembers one version more on the old side: the commit that made version <see cref="From"/>.</summary>
    /// <param name="before">The entries that the commit's keys had before it; a key without one was absent.</param>
    public ContextMemory Extend(Change change, ImmutableArray<ContextEntry> before, ImmutableDictionary<ContextKey, ContextEntry> live)
    {
        var past = _past.ToBuilder();
        var keys = _keys.ToBuilder();
        var entries = before.ToDictionary(entry => entry.Key);
        foreach (var write in change.Writes)
        {
            var entry = entries.GetValueOrDefault(write.Key);
            var moments = past.GetValueOrDefault(write.Key) ?? (live.GetValueOrDefault(write.Key) is { } now ? Nothing.Add(Moment.Of(now)) : Nothing);
            var isEqual = entry is null ? write.Value is null : entry.Value.Equals(write.Value);
            if (isEqual && entry is null) continue;
            if (isEqual && !moments.IsEmpty && moments[0].Version == change.Version) moments = moments.RemoveFirst();
            if (!isEqual && (moments.IsEmpty || moments[0].Version.IsAfter(change.Version)))
            {
                moments = moments.Prepend(new(change.Version, write.Value?.Hash, change.CommittedAt, change.Origin));
            }

            if (entry is not null) moments = moments.Prepend(Moment.Of(entry));
            past[write.Key] = moments;
            keys.Add(write.Key);
        }

        return this with
        {
            _past = past.ToImmutable(),
            _keys = keys.ToImmutable(),
            _written = _written.Prepend([.. change.Writes.Select(write => write.Key)]),
            _writtenFrom = change.Version.Number,
            _writes = _writes + change.Writes.Length,
            From = new(change.Version.Number - 1),
        };
    }

    /// <summary>Whether <see cref="Extend"/> has room for <paramref name="writes"/> more.</summary>
    public bool HasRoom(ContextVersion head, int writes, ContextLimits limits) =>
        From != ContextVersion.None && _writtenFrom > From.Number && _writes + writes <= limits.RememberedWritesMax && head.Number - From.Number < limits.RememberedVersionsMax;

    private static DateTimeOffset FirstAt(Window<Moment> past, int seen, ContentHash? hash, Origin reader)
    {
        var i = seen + 1;
        while (past[i].Hash == hash || past[i].Origin.IsSameStep(reader)) i++;
        return past[i].At;
    }

    private static int NewestUpTo(Window<Moment> past, ContextVersion version)
    {
        var (low, high) = (0, past.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (past[middle].Version <= version) low = middle + 1;
            else high = middle;
        }

        return low - 1;
    }

    private Window<Moment> PastOf(ContextKey key, ContextEntry? current) =>
        _past.TryGetValue(key, out var past) ? past : current is null ? Nothing : Nothing.Add(Moment.Of(current));

    private IEnumerable<ContextKey> WrittenAfter(ContextVersion basedOn, ContextVersion head)
    {
        for (var version = basedOn.Number + 1; version <= head.Number; version++)
        {
            foreach (var key in WrittenAt(version)) yield return key;
        }
    }

    private ImmutableArray<ContextKey> WrittenAt(long version) =>
        version - _writtenFrom is >= 0 and var index && index < _written.Count ? _written[(int)index] : [];

    // Versions are forgotten oldest first, and a large one piece by piece, so that no commit pays for more than its own size.
    private ContextMemory Forget(ContextVersion head, ImmutableDictionary<ContextKey, ContextEntry> live, ContextLimits limits, int budget)
    {
        if (IsWithin(head, _writes, From.Number, limits)) return this;
        var (from, forgotten, writes, written) = (From.Number, _forgotten, _writes, _written);
        var (past, keys) = (_past.ToBuilder(), _keys.ToBuilder());
        for (; budget > 0 && !IsWithin(head, writes, from, limits); budget--)
        {
            if (written.Count - (head.Number - from) is > 0 && written[0] is var old && forgotten < old.Length)
            {
                Trim(past, keys, old[forgotten++], from, live);
                writes--;
                continue;
            }

            if (written.Count - (head.Number - from) > 0) written = written.RemoveFirst();
            forgotten = 0;
            from++;   // Never past head: what is remembered of it is within the limits, which are 1 or more.
        }

        return this with
        {
            From = new(from),
            _past = past.ToImmutable(),
            _keys = keys.ToImmutable(),
            _written = written,
            _writtenFrom = head.Number - written.Count + 1,
            _writes = writes,
            _forgotten = forgotten,
        };
    }

    private static bool IsWithin(ContextVersion head, int writes, long from, ContextLimits limits) =>
        writes <= limits.RememberedWritesMax && head.Number - from <= limits.RememberedVersionsMax;

    // Of what is not remembered any more only the last moment matters: it says what the key was when the memory begins.
    private static void Trim(
        ImmutableDictionary<ContextKey, Window<Moment>>.Builder past, ImmutableSortedSet<ContextKey>.Builder keys,
        ContextKey key, long version, ImmutableDictionary<ContextKey, ContextEntry> live)
    {
        if (!past.TryGetValue(key, out var moments)) return;
        while (moments.Count > 1 && moments[1].Version.Number <= version) moments = moments.RemoveFirst();
        var isOver = moments.Count == 1 && moments[0].Version.Number <= version
            && (live.GetValueOrDefault(key) is not { } entry || entry.Version.Number <= version);
        if (isOver)
        {
            past.Remove(key);
            keys.Remove(key);
        }
        else
        {
            past[key] = moments;
        }
    }
}
