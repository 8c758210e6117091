using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Rosud.Context;

namespace Rosud.Journal;

/// <summary>An owner of a journal as simple as can be: its value is a map of texts.</summary>
internal sealed class JournalOwner(IRecordStore store, JournalLimits? limits = null, TimeProvider? time = null)
{
    public static readonly JournalLimits Small = new()
    {
        Slots = 8,
        FoldSlots = 4,
        SegmentCells = 5,
        BaseSegments = 2,
        PageBytes = 32,
        PagesMax = 8,
        Operations = 6,
        OperationsPerCell = 2,
        HistoryVersions = 10,
        MemoryEntries = 3,
    };

    private readonly TimeProvider _time = time ?? new FakeTimeProvider();

    public IJournal Journal { get; } = new Journal(store, limits ?? Small, time ?? new FakeTimeProvider());

    public ImmutableSortedDictionary<string, string> Values { get; private set; } = ImmutableSortedDictionary<string, string>.Empty;

    public long Version { get; private set; }

    public static async Task<JournalOwner> Open(IRecordStore store, JournalLimits? limits = null, TimeProvider? time = null)
    {
        var owner = new JournalOwner(store, limits, time);
        var recovery = await owner.Journal.Activate(default);
        owner.Version = recovery.Version;
        owner.Values = recovery.Live.ToImmutableSortedDictionary(pair => pair.Key, pair => Encoding.UTF8.GetString(pair.Value.Span));
        return owner;
    }

    /// <summary>Sets one key (null removes it) in a commit of its own.</summary>
    public Task Set(string key, string? value, string? operation = null) => Append(Entry(key, value, operation));

    public JournalEntry Entry(string key, string? value, string? operation = null) => new(
        Version + 1,
        Encoding.UTF8.GetBytes($"note {Version + 1}"),
        [new(key, Bytes(Values.GetValueOrDefault(key)), Bytes(value))],
        operation is null ? null : Operation(operation));

    public JournalOperation Operation(string id) => new(Id(id), Id("body"), _time.GetUtcNow(), Encoding.UTF8.GetBytes($"answer to {id}"));

    public async Task Append(params JournalEntry[] entries)
    {
        var values = Values;
        foreach (var change in entries.SelectMany(entry => entry.Changes))
        {
            values = change.After is { } after ? values.SetItem(change.Key, Encoding.UTF8.GetString(after.Span)) : values.Remove(change.Key);
        }

        await Journal.Append(entries, new Texts(values));
        Values = values;
        Version = entries.Max(entry => Math.Max(entry.Version, Version));
        await Task.Yield();   // What runs beside the appends gets its turn, as it does with a store that takes time.
    }

    public static ContentHash Id(string text) => ContentHash.Of(Encoding.UTF8.GetBytes(text));

    private static ReadOnlyMemory<byte>? Bytes(string? text) => text is null ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes(text);

    private sealed class Texts(ImmutableSortedDictionary<string, string> values) : IJournaled
    {
        public IEnumerable<string> Keys => values.Keys;

        public ReadOnlyMemory<byte>? Encode(string key) => Bytes(values.GetValueOrDefault(key));
    }
}
