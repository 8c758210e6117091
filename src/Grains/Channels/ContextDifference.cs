using System.Collections.Immutable;
using Rosud.Context;
using Rosud.Journal;

namespace Rosud.Channels;

/// <summary>Compares two versions of a context: reads what happened between them, and nothing else.</summary>
internal static class ContextDifference
{
    private const long BytesMax = 1024 * 1024;

    /// <param name="query">Its versions are in order and not ahead.</param>
    public static async Task<DiffOutcome> Read(IJournal journal, ChannelState state, DiffQuery query)
    {
        var versionBase = state.Record!.Base;
        var to = query.To ?? state.Log.Head;
        if (ContextHistory.Oldest(journal, versionBase) > query.From.Number + 1) return new DiffOutcome.Refused(ContextHistory.Compacted(journal, versionBase));
        var touched = new SortedDictionary<ContextKey, (ReadOnlyMemory<byte>? Before, ReadOnlyMemory<byte>? After)>();
        var expected = query.From.Number + versionBase;
        await foreach (var entry in ContextHistory.After(journal, expected))
        {
            // History that is dropped while it is read leaves a hole: then the older version is no longer kept.
            if (expected == to.Number + versionBase || entry.Version != ++expected) break;
            foreach (var (key, before, after) in ChannelCodec.KeysOf(entry))
            {
                if (!IsAsked(query, key)) continue;
                touched[key] = (touched.TryGetValue(key, out var known) ? known.Before : before, after);
            }
        }

        return expected == to.Number + versionBase
            ? Page(state.Codec, query, to, touched)
            : new DiffOutcome.Refused(ContextHistory.Compacted(journal, versionBase));
    }

    private static bool IsAsked(DiffQuery query, ContextKey key) =>
        (query.After is not { } after || key.CompareTo(after) > 0) && (query.Keys.IsEmpty || query.Keys.Any(pattern => pattern.Matches(key)));

    private static DiffOutcome.Found Page(
        ChannelCodec codec, DiffQuery query, ContextVersion to, SortedDictionary<ContextKey, (ReadOnlyMemory<byte>? Before, ReadOnlyMemory<byte>? After)> touched)
    {
        var page = ImmutableArray.CreateBuilder<KeyDifference>();
        var (limit, bytes) = (Math.Clamp(query.Limit, 1, 500), 0L);
        foreach (var (key, (was, made)) in touched)
        {
            var (before, after) = (EntryOf(codec, was), EntryOf(codec, made));
            if (before?.Value.Hash == after?.Value.Hash) continue;
            bytes += (before is null ? 0 : ContextLog.SizeOf(before)) + (after is null ? 0 : ContextLog.SizeOf(after));
            if (page.Count == limit || (page.Count > 0 && bytes > BytesMax)) return new(query.From, to, page.ToImmutable(), page[^1].Key);
            page.Add(new(key, before, after));
        }

        return new(query.From, to, page.ToImmutable(), null);
    }

    private static ContextEntry? EntryOf(ChannelCodec codec, ReadOnlyMemory<byte>? bytes) => bytes is { } some ? codec.Read<ContextEntry>(some) : null;
}
