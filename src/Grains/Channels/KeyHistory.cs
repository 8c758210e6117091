using System.Collections.Immutable;
using Rosud.Context;
using Rosud.Journal;

namespace Rosud.Channels;

/// <summary>
/// Follows one key back through the history. Every write holds what was there before it, with the version that had written that:
/// so it goes from write to write, and searches only where the key was absent. Nothing is written for it.
/// </summary>
internal sealed class KeyHistory(IJournal journal, ChannelState state, ContextKey key)
{
    private const int Window = 250;
    private const int SearchedMax = 2_500;
    private const long BytesMax = 1024 * 1024;

    private readonly long _base = state.Record!.Base;
    private readonly long _oldest = ContextHistory.Oldest(journal, state.Record!.Base);
    private readonly ImmutableArray<KeyWrite>.Builder _writes = ImmutableArray.CreateBuilder<KeyWrite>();
    private int _searched;

    /// <param name="upTo">Not ahead; null for the head.</param>
    public async Task<BlameOutcome> Read(ContextVersion? upTo, int limit)
    {
        var from = upTo ?? state.Log.Head;
        if (_oldest > from.Number + 1) return new BlameOutcome.Refused(ContextHistory.Compacted(journal, _base));
        var live = from == state.Log.Head ? state.Log.Find(key) : null;
        var (cursor, isExact, bytes) = (live?.Version.Number ?? from.Number, live is not null, 0L);
        while (cursor >= _oldest)
        {
            if (_writes.Count >= limit || bytes > BytesMax || _searched >= SearchedMax) return Found(new ContextVersion(cursor));
            var start = isExact ? cursor - 1 : Math.Max(_oldest - 1, cursor - Window);
            if (await LastBetween(start, cursor) is not { } write)
            {
                (cursor, isExact) = (start, false);
                continue;
            }

            _writes.Add(write.Made);
            bytes += write.Made.Value?.Length ?? 0;
            (cursor, isExact) = write.Before is { } before ? (before.Version.Number, true) : (write.Made.Version.Number - 1, false);
        }

        if (_writes.Count == 0 && (live ?? await EntryAt(from)) is { } entry) _writes.Add(Of(entry));
        return Found(null);
    }

    // The newest write of the key after one version and up to another, with what it replaced.
    private async Task<(KeyWrite Made, ContextEntry? Before)?> LastBetween(long after, long upTo)
    {
        var entries = await journal.History(_base + after, (int)(upTo - after));
        _searched += upTo - after > 1 ? entries.Count : 0;
        for (var i = entries.Count - 1; i >= 0; i--)
        {
            if (entries[i].Version > _base + upTo) continue;   // History was dropped meanwhile: these are later ones.
            foreach (var (written, before, made) in ChannelCodec.KeysOf(entries[i]))
            {
                if (written == key) return (Of(entries[i], made), before is { } bytes ? state.Codec.Read<ContextEntry>(bytes) : null);
            }
        }

        return null;
    }

    // The key was last written before the kept history, so nothing but a later write can tell.
    private async Task<ContextEntry?> EntryAt(ContextVersion version) =>
        await ContextHistory.ReadAt(journal, state, version, [new(key.Value)]) is ReadOutcome.Found { View.Entries: [var entry] } ? entry : null;

    private KeyWrite Of(JournalEntry entry, ReadOnlyMemory<byte>? made)
    {
        var note = state.Codec.Read<CommitNote>(entry.Note);
        return new(new(entry.Version - _base), note.At, note.Origin, made is { } bytes ? state.Codec.Read<ContextEntry>(bytes).Value : null)
        {
            Provisional = note.Provisional,
            Stale = note.Stale,
            Resolves = note.Resolves,
        };
    }

    private static KeyWrite Of(ContextEntry entry) =>
        new(entry.Version, entry.CommittedAt, entry.Origin, entry.Value) { Provisional = entry.Provisional, Stale = entry.Stale };

    private BlameOutcome.Found Found(ContextVersion? next) => new(state.Log.Head, _writes.ToImmutable(), next, new(_oldest));
}
