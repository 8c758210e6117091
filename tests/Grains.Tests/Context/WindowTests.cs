using System.Collections.Immutable;
using CsCheck;

namespace Rosud.Context;

/// <summary>Against the library's immutable list: every view stays what it was, whichever of them is gone on from.</summary>
public sealed class WindowTests
{
    // Which of the views so far is gone on from (most often the newest), and how.
    private static readonly Gen<(int Back, int Change)[]> Changes = Gen.Select(Gen.Frequency((5, Gen.Const(0)), (1, Gen.Int[0, 1_000])), Gen.Int[0, 5]).Array[0, 80];

    [Fact]
    public void Every_view_stays_what_it_was() => Changes.Sample(changes =>
    {
        List<Window<int>> views = [Window<int>.Empty];
        List<ImmutableList<int>> expected = [[]];
        foreach (var (back, change) in changes)
        {
            var item = views.Count;
            var from = item - 1 - (back % item);
            views.Add(Changed(views[from], change, item));
            expected.Add(Changed(expected[from], change, item));
        }

        for (var i = 0; i < views.Count; i++)
        {
            Assert.Equal(expected[i], views[i]);
            Assert.Equal(expected[i], views[i].AsSpan().ToArray());
            Assert.Equal((expected[i].Count, expected[i].IsEmpty), (views[i].Count, views[i].IsEmpty));
            for (var at = 0; at < expected[i].Count; at++) Assert.Equal(expected[i][at], views[i][at]);
        }
    });

    [Fact]
    public void There_is_nothing_beyond_its_ends()
    {
        var view = Window<int>.Empty.Add(1).Add(2).RemoveFirst();

        Assert.Throws<ArgumentOutOfRangeException>(() => view[-1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => view[1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => view.RemoveFirst().RemoveFirst());
    }

    [Fact]
    public void What_was_dropped_is_let_go()
    {
        var (view, dropped) = Sliding();
        GC.Collect();

        Assert.False(dropped.TryGetTarget(out _));
        Assert.Equal(8, view.Count);
    }

    private static Window<int> Changed(Window<int> view, int change, int item) => change switch
    {
        0 => view.Prepend(item),
        1 when !view.IsEmpty => view.RemoveFirst(),
        _ => view.Add(item),
    };

    private static ImmutableList<int> Changed(ImmutableList<int> list, int change, int item) => change switch
    {
        0 => list.Insert(0, item),
        1 when !list.IsEmpty => list.RemoveAt(0),
        _ => list.Add(item),
    };

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static (Window<object> View, WeakReference<object> Dropped) Sliding()
    {
        var first = new object();
        var view = Window<object>.Empty.Add(first);
        for (var i = 0; i < 100; i++) view = view.Count < 8 ? view.Add(new()) : view.RemoveFirst().Add(new());
        return (view, new(first));
    }
}
