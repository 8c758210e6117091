using System.Collections.Immutable;
using Rosud.Context;
using Rosud.Journal;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>Reads the past of a context out of its journal.</summary>
internal static class ContextHistory
{
    private const int PageEntries = 500;

    // How much of the past an activation looks through before it serves, so that hashes at earlier versions are known; Recollection goes further back when somebody asks.
    private const long RememberVersions = 1_000;

    /// <summary>Gives a recovered context its newest history back.</summary>
    public static async Task<ChannelState> Remember(ChannelState state, IJournal journal)
    {
        if (state.Record is not { } record || state.Log.Head == ContextVersion.None) return state;
        var after = Math.Max(Math.Max(record.Base + state.Log.Head.Number - RememberVersions, journal.OldestVersion - 1), record.Base);
        var past = new List<(Change Change, ImmutableArray<ContextEntry> Before)>();
        await foreach (var entry in After(journal, after))
        {
            if (state.Codec.ChangeOf(entry, record.Base) is not { } change) continue;
            past.Add((change, state.Codec.EntriesBefore(entry)));
        }

        return past.Count == 0 ? state : state with { Log = state.Log.Remember(past) };
    }

    public static ContextView ReadNow(ChannelState state, ImmutableArray<KeyPattern> keys, DateTimeOffset now) =>
        state.Log.View(keys, state.Policies, now);

    /// <summary>The context as it was: for each key the value before its first later change, else the value it still has.</summary>
    public static async Task<ReadOutcome> ReadAt(IJournal journal, ChannelState state, ContextVersion version, ImmutableArray<KeyPattern> keys)
    {
        var versionBase = state.Record!.Base;
        if (Oldest(journal, versionBase) > version.Number + 1) return new ReadOutcome.Refused(Compacted(journal, versionBase));
        var past = new Dictionary<ContextKey, ContextEntry?>();
        var open = Undecided(state.Log, version, keys);
        var expected = version.Number + versionBase;
        for (var pages = After(journal, expected).GetAsyncEnumerator(); open is not { Count: 0 } && await pages.MoveNextAsync();)
        {
            // History that is dropped while it is read leaves a hole: then the version is no longer kept.
            if (pages.Current.Version != ++expected) return new ReadOutcome.Refused(Compacted(journal, versionBase));
            if (pages.Current.Version - versionBase > state.Log.Head.Number) break;
            foreach (var (key, before, _) in ChannelCodec.KeysOf(pages.Current))
            {
                if (open is null ? past.ContainsKey(key) || !IsAsked(keys, key) : !open.Remove(key)) continue;
                past.Add(key, before is { } bytes ? state.Codec.Read<ContextEntry>(bytes) : null);
            }
        }

        if (open is not { Count: 0 } && expected < state.Log.Head.Number + versionBase) return new ReadOutcome.Refused(Compacted(journal, versionBase));
        var unchanged = state.Log.Read(keys).Where(entry => !past.ContainsKey(entry.Key));
        return new ReadOutcome.Found(new(version, [.. unchanged.Concat(past.Values.OfType<ContextEntry>()).OrderBy(entry => entry.Key)]));
    }

    // The keys of which only the history says what they were: their first later change does. Null when it has to be looked through for any key.
    private static HashSet<ContextKey>? Undecided(ContextLog log, ContextVersion version, ImmutableArray<KeyPattern> keys) => keys.IsEmpty || keys.Any(key => !key.IsExact)
        ? null
        : [.. keys.Select(key => new ContextKey(key.Value)).Where(key => log.Find(key) is { } entry ? entry.Version > version : !log.Memory.HasNotMade(key, version))];

    private static bool IsAsked(ImmutableArray<KeyPattern> keys, ContextKey key) => keys.IsEmpty || keys.Any(pattern => pattern.Matches(key));

    public static async Task<ChangePage> Changes(IJournal journal, ChannelState state, ContextVersion after, int limit)
    {
        var head = state.Log.Head;
        var versionBase = state.Record!.Base;
        if (after == head) return new([], head, false);
        if (Oldest(journal, versionBase) > after.Number + 1) return new([], head, true);
        var entries = await journal.History(after.Number + versionBase, limit);
        var changes = entries.Select(entry => state.Codec.ChangeOf(entry, versionBase)).OfType<Change>().Where(change => change.Version <= head);
        return new([.. changes], head, false);
    }

    /// <summary>The oldest version whose commit is kept. What the context was just before it is known too.</summary>
    public static long Oldest(IJournal journal, long versionBase) => Math.Max(1, journal.OldestVersion - versionBase);

    public static Problem Compacted(IJournal journal, long versionBase) =>
        new(ProblemKind.Compacted, "That version is no longer kept.") { Oldest = Math.Max(0, Oldest(journal, versionBase) - 1) };

    /// <summary>The kept entries after a version of the journal, page by page.</summary>
    public static async IAsyncEnumerable<JournalEntry> After(IJournal journal, long version)
    {
        while (true)
        {
            var page = await journal.History(version, PageEntries);
            foreach (var entry in page) yield return entry;
            if (page.Count == 0) yield break;
            version = page[^1].Version;
        }
    }
}
