using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Rosud.Supervision;

/// <summary>
/// A map that is a value, for whoever goes on from the latest: changing it makes another and leaves this one as it is. The latest is a hash table, which
/// remembers what its last changes replaced; an older value that is asked for anything becomes a copy with these undone.
/// </summary>
/// <remarks>
/// A change costs what a hash table costs and one small object, whatever the map's size. A value older than <see cref="Remembered"/> changes can't be used
/// any more, and what they replaced is held until then: this is for small things. No value refers to another. Not thread-safe, also for reading.
/// </remarks>
internal sealed class LatestMap<TKey, TValue> : IReadOnlyCollection<KeyValuePair<TKey, TValue>>
    where TKey : notnull
{
    /// <summary>Changes after which a value can still be used.</summary>
    public const int Remembered = 64;

    private Shared _shared;
    private long _version;

    private LatestMap(Shared shared) => (_shared, _version, Count) = (shared, shared.Version, shared.Table.Count);

    /// <summary>A map without anything, with a table of its own.</summary>
    public static LatestMap<TKey, TValue> Create() => new(new Shared([]));

    public int Count { get; }

    /// <summary>Its keys as they are now, in no order.</summary>
    public IReadOnlyCollection<TKey> Keys => [.. Table.Keys];

    public TValue this[TKey key] => Table[key];

    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value) => Table.TryGetValue(key, out value);

    public LatestMap<TKey, TValue> SetItem(TKey key, TValue value)
    {
        var table = Table;
        var wasThere = table.TryGetValue(key, out var before);
        table[key] = value;
        return Changed(new(key, before!, wasThere));
    }

    public LatestMap<TKey, TValue> Remove(TKey key)
    {
        var table = Table;
        if (!table.Remove(key, out var before)) return this;
        if (table.Capacity > Remembered && table.Count < table.Capacity / 4) table.TrimExcess(table.Count * 2);
        return Changed(new(key, before, WasThere: true));
    }

    /// <summary>Everything in it, as it is now, in no order.</summary>
    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator() => Table.ToList().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private Dictionary<TKey, TValue> Table => (_shared.Version == _version ? _shared : Copy()).Table;

    private LatestMap<TKey, TValue> Changed(Replaced replaced)
    {
        _shared.Replaced[_shared.Version++ % Remembered] = replaced;
        return new(_shared);
    }

    private Shared Copy()
    {
        if (_shared.Version - _version > Remembered) throw new InvalidOperationException($"The map was changed more than {Remembered} times since.");
        var table = new Dictionary<TKey, TValue>(_shared.Table);
        for (var version = _shared.Version; version-- > _version;)
        {
            var (key, before, wasThere) = _shared.Replaced[version % Remembered];
            if (wasThere) table[key] = before;
            else table.Remove(key);
        }

        (_shared, _version) = (new(table), 0);
        return _shared;
    }

    private readonly record struct Replaced(TKey Key, TValue Before, bool WasThere);

    private sealed class Shared(Dictionary<TKey, TValue> table)
    {
        public Dictionary<TKey, TValue> Table { get; } = table;

        public Replaced[] Replaced { get; } = new Replaced[Remembered];

        public long Version { get; set; }
    }
}
