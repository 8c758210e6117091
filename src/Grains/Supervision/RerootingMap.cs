using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Rosud.Supervision;

/// <summary>
/// A map that is a value: changing it makes another and leaves this one as it is. The value that was used last is a hash table; every other one
/// knows only how it differs from the next, and becomes the table again when somebody asks it.
/// </summary>
/// <remarks>
/// H. G. Baker, "Shallow Binding Makes Functional Arrays Fast" (1991). Whoever always goes on from the newest value pays for a hash table and one small
/// object for each change, whatever the map's size; older values that nobody holds are collected. Not thread-safe, also for reading.
/// </remarks>
internal sealed class RerootingMap<TKey, TValue> : IReadOnlyCollection<KeyValuePair<TKey, TValue>>
    where TKey : notnull
{
    private Dictionary<TKey, TValue>? _table;

    // How it differs from another, when it is not the table.
    private RerootingMap<TKey, TValue>? _other;
    private TKey _key = default!;
    private TValue _value = default!;
    private bool _isThere;

    private RerootingMap(Dictionary<TKey, TValue> table) => (_table, Count) = (table, table.Count);

    /// <summary>A map without anything, with a table of its own.</summary>
    public static RerootingMap<TKey, TValue> Create() => new(new Dictionary<TKey, TValue>());

    public int Count { get; }

    public bool IsEmpty => Count == 0;

    /// <summary>Its keys as they are now, in no order.</summary>
    public IReadOnlyCollection<TKey> Keys => [.. Table.Keys];

    /// <summary>Its values as they are now, in no order.</summary>
    public IReadOnlyCollection<TValue> Values => [.. Table.Values];

    public TValue this[TKey key] => Table[key];

    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value) => Table.TryGetValue(key, out value);

    public TValue? GetValueOrDefault(TKey key) => Table.GetValueOrDefault(key);

    public bool ContainsKey(TKey key) => Table.ContainsKey(key);

    public RerootingMap<TKey, TValue> SetItem(TKey key, TValue value)
    {
        var table = Table;
        var wasThere = table.TryGetValue(key, out var before);
        table[key] = value;
        return Follow(table, key, before!, wasThere);
    }

    public RerootingMap<TKey, TValue> Remove(TKey key)
    {
        var table = Table;
        return table.Remove(key, out var before) ? Follow(table, key, before, wasThere: true) : this;
    }

    /// <summary>Gives back what the table took when there was much more in it. The value stays what it is.</summary>
    public void TrimExcess() => Table.TrimExcess();

    /// <summary>Everything in it, as it is now, in no order.</summary>
    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator() => Table.ToList().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private Dictionary<TKey, TValue> Table => _table ?? Reroot();

    private RerootingMap<TKey, TValue> Follow(Dictionary<TKey, TValue> table, TKey key, TValue before, bool wasThere)
    {
        var next = new RerootingMap<TKey, TValue>(table);
        Differ(next, key, before, wasThere);
        return next;
    }

    private void Differ(RerootingMap<TKey, TValue> other, TKey key, TValue value, bool isThere) =>
        (_table, _other, _key, _value, _isThere) = (null, other, key, value, isThere);

    // From the table on, one step at a time, the table moves here.
    private Dictionary<TKey, TValue> Reroot()
    {
        var way = new Stack<RerootingMap<TKey, TValue>>();
        var at = this;
        for (; at._table is null; at = at._other!) way.Push(at);
        var table = at._table;
        while (way.TryPop(out var next))
        {
            var (key, wasThere) = (next._key, table.TryGetValue(next._key, out var before));
            if (next._isThere) table[key] = next._value;
            else table.Remove(key);
            at.Differ(next, key, before!, wasThere);
            (next._table, next._other, next._key, next._value) = (table, null, default!, default!);
            at = next;
        }

        return table;
    }
}
