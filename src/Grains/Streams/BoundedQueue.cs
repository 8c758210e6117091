using System.Collections.Immutable;

namespace Rosud.Streams;

/// <summary>Numbered items that wait for one taker. Over a bound the oldest go: a taker learns from the items themselves that some are missing.</summary>
internal sealed class BoundedQueue<T>(int itemsMax, long bytesMax)
{
    private readonly Queue<(T Item, long Bytes)> _waiting = new();

    /// <summary>The number of the newest item; the first has 1.</summary>
    public long Last { get; private set; }

    /// <summary>How many items wait.</summary>
    public int Count => _waiting.Count;

    /// <summary>The bytes that wait.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many items went because of a bound, untaken.</summary>
    public long Dropped { get; private set; }

    /// <summary>Adds an item. One that is larger than the bound by itself still waits, alone.</summary>
    public void Add(T item, long bytes)
    {
        _waiting.Enqueue((item, bytes));
        Bytes += bytes;
        Last++;
        while (Count > itemsMax || (Bytes > bytesMax && Count > 1))
        {
            RemoveOldest();
            Dropped++;
        }
    }

    /// <summary>The oldest items after <paramref name="after"/>, at most <paramref name="max"/>, and the number of the last of them. Forgets what is not after it.</summary>
    public (ImmutableArray<T> Items, long Last) Take(long after, int max)
    {
        while (Count > 0 && Last - Count < after) RemoveOldest();
        ImmutableArray<T> taken = [.. _waiting.Take(max).Select(waiting => waiting.Item)];
        return (taken, Last - Count + taken.Length);
    }

    private void RemoveOldest() => Bytes -= _waiting.Dequeue().Bytes;
}
