using System.Collections;

namespace Rosud.Context;

/// <summary>
/// A list that is a value, for what comes at one end and goes at the other: adding to the newest and dropping the oldest take, on average, no time that
/// depends on its length, and make nothing but another view of the same items.
/// </summary>
/// <remarks>
/// Views share an array as long as each goes on from the newest of them and at the same end; whoever goes on from an older one, or changes the end, gets a copy. Items that were dropped are let go
/// when the array is copied, at the latest when it is four times as long as what is left. Reading is safe from any thread, changing from one at a time.
/// </remarks>
internal sealed class Window<T> : IReadOnlyList<T>
{
    private const int Least = 4;

    private readonly Buffer _buffer;
    private readonly int _start;

    private Window(Buffer buffer, int start, int count) => (_buffer, _start, Count) = (buffer, start, count);

    public static Window<T> Empty { get; } = new(new Buffer([]), 0, 0);

    public int Count { get; }

    public bool IsEmpty => Count == 0;

    public T this[int index] => (uint)index < (uint)Count ? _buffer.Items[_start + index] : throw new ArgumentOutOfRangeException(nameof(index));

    /// <summary>The items, in order; good for as long as somebody holds this view.</summary>
    public ReadOnlySpan<T> AsSpan() => _buffer.Items.AsSpan(_start, Count);

    /// <summary>One more, after the last.</summary>
    public Window<T> Add(T item)
    {
        var view = _start + Count == _buffer.End && _buffer.End < _buffer.Items.Length ? this : Copy(Larger, at: 0);
        view._buffer.Items[view._buffer.End++] = item;
        return new(view._buffer, view._start, Count + 1);
    }

    /// <summary>One more, before the first.</summary>
    public Window<T> Prepend(T item)
    {
        var view = _start == _buffer.Start && _start > 0 ? this : Copy(Larger, at: Larger - Count);
        view._buffer.Items[--view._buffer.Start] = item;
        return new(view._buffer, view._start - 1, Count + 1);
    }

    /// <summary>All but the first.</summary>
    public Window<T> RemoveFirst()
    {
        ArgumentOutOfRangeException.ThrowIfZero(Count);
        var left = new Window<T>(_buffer, _start + 1, Count - 1);
        return left.Count * 4 < _buffer.Items.Length && _buffer.Items.Length > Least ? left.Copy(left.Larger, at: 0) : left;
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (var i = 0; i < Count; i++) yield return _buffer.Items[_start + i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // Of one item there is often never another.
    private int Larger => Count == 0 ? 1 : Math.Max(Least, Count * 2);

    private Window<T> Copy(int length, int at)
    {
        var items = new T[length];
        AsSpan().CopyTo(items.AsSpan(at));
        return new(new(items) { Start = at, End = at + Count }, at, Count);
    }

    // Start and End bound what any view has of the items.
    private sealed class Buffer(T[] items)
    {
        public T[] Items { get; } = items;

        public int Start { get; set; }

        public int End { get; set; }
    }
}
