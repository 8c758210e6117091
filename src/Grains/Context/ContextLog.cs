using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Rosud.Channels;

namespace Rosud.Context;

/// <summary>The versioned context of one channel: a value. Knows no grain, no clock and no storage. Copying costs nothing.</summary>
internal sealed record ContextLog
{
    private ImmutableDictionary<ContextKey, ContextEntry> _live = ImmutableDictionary<ContextKey, ContextEntry>.Empty;
    private ImmutableSortedSet<ContextKey> _keys = [];

    private ContextLog() { }

    /// <summary>The context that nobody has written to.</summary>
    public static ContextLog Empty { get; } = new();

    public ContextVersion Head { get; private init; }

    /// <summary>Live keys.</summary>
    public int Count => _live.Count;

    /// <summary>Bytes of live keys and their canonical values.</summary>
    public long Bytes { get; private init; }

    /// <summary>When the newest version was committed. Never goes back, whatever the clock does.</summary>
    public DateTimeOffset LastCommit { get; private init; } = DateTimeOffset.MinValue;

    public ContextLimits Limits { get; init; } = ContextLimits.Default;

    /// <summary>Writes that wait for somebody to resolve them. They count in the quotas, not in <see cref="Bytes"/>.</summary>
    public ParkedWrites Parked { get; init; } = ParkedWrites.None;

    /// <summary>What is known of changes is complete for versions after this. A patch based on an older one is judged on the safe side.</summary>
    public ContextVersion RememberedFrom => Memory.From;

    /// <summary>Live keys, in order.</summary>
    public IEnumerable<ContextKey> Keys => _keys;

    internal ContextMemory Memory { get; private init; } = ContextMemory.Since(ContextVersion.None);

    /// <summary>The context that storage held. Remembers no past until <see cref="Remember(Change, ImmutableArray{ContextEntry})"/>.</summary>
    public static ContextLog Restore(ContextVersion head, DateTimeOffset lastCommit, IEnumerable<ContextEntry> live)
    {
        var entries = live.ToImmutableDictionary(entry => entry.Key);
        return new()
        {
            Head = head,
            LastCommit = lastCommit,
            Bytes = entries.Values.Sum(SizeOf),
            Memory = ContextMemory.Since(head),
            _live = entries,
            _keys = [.. entries.Keys],
        };
    }

    /// <summary>The context of a channel that is made again: as empty as a new one, under the same limits.</summary>
    public ContextLog StartOver() => Empty with { Limits = Limits, Parked = ParkedWrites.Restore(Parked.LastNumber, []) };

    public ContextEntry? Find(ContextKey key) => _live.GetValueOrDefault(key);

    /// <summary>The entries that <paramref name="patterns"/> name (no pattern: all), in the order of their keys.</summary>
    public ImmutableArray<ContextEntry> Read(ImmutableArray<KeyPattern> patterns)
    {
        var ranges = KeyRange.Of(_keys, patterns.IsDefaultOrEmpty ? [KeyPattern.All] : patterns);
        var entries = ImmutableArray.CreateBuilder<ContextEntry>(ranges.Sum(range => range.Count));
        foreach (var range in ranges) entries.AddRange(range.Keys(_keys).Select(key => _live[key]));
        return entries.MoveToImmutable();
    }

    /// <summary>As <see cref="Read"/>, with the version and with what has run out by <paramref name="now"/>.</summary>
    public ContextView View(ImmutableArray<KeyPattern> patterns, KeyPolicies policies, DateTimeOffset now)
    {
        var entries = Read(patterns);
        return new(Head, entries) { Expired = policies.AnyExpires ? [.. entries.Where(entry => policies.IsExpired(entry, now)).Select(entry => entry.Key)] : [] };
    }

    /// <summary>Decides what a patch would do, by SEMANTICS C1. Changes nothing.</summary>
    /// <param name="flagStale">Stale reads do not refuse the patch; the verdict lists them.</param>
    public PatchVerdict Judge(ContextPatch patch, ContextSync policy, DateTimeOffset now, bool flagStale = false) =>
        Judge(patch, KeyPolicies.Of(policy), now, flagStale);

    /// <inheritdoc cref="Judge(ContextPatch, ContextSync, DateTimeOffset, bool)"/>
    public PatchVerdict Judge(ContextPatch patch, KeyPolicies policies, DateTimeOffset now, bool flagStale = false) =>
        new ConflictRules(this, policies, patch, now).Judge(flagStale);

    /// <summary>What of <paramref name="reads"/> has changed or run out for somebody who saw <paramref name="basedOn"/>, in the order of the keys.</summary>
    public ImmutableArray<StaleKey> StaleReads(
        ImmutableArray<KeyPattern> reads, ContextVersion basedOn, Origin reader, KeyPolicies policies, DateTimeOffset now) =>
        new ReadSet(this, policies, basedOn, reader, now).Stale(reads);

    /// <summary>Appends exactly one version with <paramref name="writes"/> (each key once).</summary>
    /// <param name="salts">Gives each value the salt that it is audited with; null when it is not.</param>
    public (ContextLog Next, Change Change) Commit(
        ImmutableArray<ContextWrite> writes, Origin origin, DateTimeOffset now, bool provisional = false, bool stale = false, Func<UInt128>? salts = null)
    {
        var change = new Change(Head.Next(), now > LastCommit ? now : LastCommit, origin, writes) { Provisional = provisional };
        var (live, keys, bytes) = (_live.ToBuilder(), _keys.ToBuilder(), Bytes);
        foreach (var (key, value) in writes)
        {
            var before = live.GetValueOrDefault(key);
            if (before is not null) bytes -= SizeOf(before);
            if (value is null)
            {
                live.Remove(key);
                keys.Remove(key);
                continue;
            }

            var entry = EntryOf(change, key, value, before?.Created ?? change.Version, stale, salts?.Invoke() ?? default);
            bytes += SizeOf(entry);
            live[key] = entry;
            if (before is null) keys.Add(key);
        }

        var after = live.ToImmutable();
        var next = this with
        {
            Head = change.Version,
            LastCommit = change.CommittedAt,
            Bytes = bytes,
            Memory = Memory.Add(change, _live, after, Limits),
            _live = after,
            _keys = keys.ToImmutable(),
        };
        return (next, change);
    }

    /// <summary>The attempt that published these keys early was accepted: they are no longer provisional. Makes no version.</summary>
    public ContextLog Accept(IEnumerable<ContextKey> keys)
    {
        var live = _live.ToBuilder();
        foreach (var key in keys)
        {
            if (live.GetValueOrDefault(key) is { Provisional: true } entry) live[key] = entry with { Provisional = false };
        }

        return this with { _live = live.ToImmutable() };
    }

    /// <summary>Remembers one commit more of the kept history, from the newest to the oldest: the one that made <see cref="RememberedFrom"/>.</summary>
    /// <param name="before">The entries that the commit's keys had before it; a key without one was absent.</param>
    /// <returns>The same value when memory is full.</returns>
    /// <exception cref="ArgumentException">It is another commit.</exception>
    public ContextLog Remember(Change change, ImmutableArray<ContextEntry> before)
    {
        if (change.Version != RememberedFrom) throw new ArgumentException($"Expected the commit of {RememberedFrom}, got {change.Version}.", nameof(change));
        if (!Memory.HasRoom(Head, change.Writes.Length, Limits)) return this;
        // The newest commit may have deleted its keys: then no live entry knows its time (C17).
        return this with { Memory = Memory.Extend(change, before, _live), LastCommit = change.CommittedAt > LastCommit ? change.CommittedAt : LastCommit };
    }

    /// <summary>Remembers a page of the kept history that ends with <see cref="RememberedFrom"/>, oldest commit first, as far as there is room.</summary>
    /// <returns>The same value when the page ends elsewhere: commits that came meanwhile may have filled the memory.</returns>
    public ContextLog Remember(IReadOnlyList<(Change Change, ImmutableArray<ContextEntry> Before)> oldestFirst)
    {
        var log = this;
        if (oldestFirst.Count == 0 || oldestFirst[^1].Change.Version != RememberedFrom) return log;
        for (var i = oldestFirst.Count - 1; i >= 0; i--)
        {
            var next = log.Remember(oldestFirst[i].Change, oldestFirst[i].Before);
            if (ReferenceEquals(next, log)) break;
            log = next;
        }

        return log;
    }

    internal static long SizeOf(ContextEntry entry) => SizeOf(entry.Key, entry.Value);

    internal static long SizeOf(ContextKey key, JsonValue value) => key.Value.Length + value.Length;

    internal KeyRange Range(KeyPattern pattern) => KeyRange.Of(_keys, pattern);

    internal IEnumerable<ContextEntry> Live(KeyRange range) => range.Keys(_keys).Select(key => _live[key]);

    private static ContextEntry EntryOf(Change change, ContextKey key, JsonValue value, ContextVersion created, bool stale, UInt128 salt) => new()
    {
        Key = key,
        Value = value,
        Version = change.Version,
        Created = created,
        Origin = change.Origin,
        CommittedAt = change.CommittedAt,
        Provisional = change.Provisional,
        Stale = stale,
        Salt = salt,
    };

    private bool PrintMembers(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"{nameof(Head)} = {Head}, {nameof(Count)} = {Count}, {nameof(Bytes)} = {Bytes}");
        return true;
    }
}
