using System.Collections.Immutable;
using CsCheck;

namespace Rosud.Supervision;

/// <summary>Against the library's immutable map: every value stays what it was, whichever of them is used or changed next.</summary>
public sealed class LatestMapTests
{
    // Which of the values so far is changed, and how: set a key, or remove it.
    private static readonly Gen<(int From, int Key, int? Value)[]> Changes =
        Gen.Select(Gen.Int[0, 1_000], Gen.Int[0, 7], Gen.Int[0, 9].Nullable()).Array[0, 60];

    [Fact]
    public void Every_value_stays_what_it_was() => Changes.Sample(changes =>
    {
        var values = new List<LatestMap<int, int>> { LatestMap<int, int>.Create() };
        var expected = new List<ImmutableDictionary<int, int>> { ImmutableDictionary<int, int>.Empty };
        foreach (var (number, key, value) in changes)
        {
            var from = number % values.Count;
            values.Add(value is { } set ? values[from].SetItem(key, set) : values[from].Remove(key));
            expected.Add(value is { } added ? expected[from].SetItem(key, added) : expected[from].Remove(key));
        }

        foreach (var i in Enumerable.Range(0, values.Count).OrderBy(i => i * 7 % values.Count))
        {
            Assert.Equal(Text(expected[i]), Text(values[i]));
            Assert.Equal(expected[i].Keys.Order(), values[i].Keys.Order());
            Assert.Equal(expected[i].Count, values[i].Count);
            for (var key = 0; key < 8; key++)
            {
                Assert.Equal((expected[i].TryGetValue(key, out var there), there), (values[i].TryGetValue(key, out var found), found));
            }
        }
    });

    [Fact]
    public void Removing_what_is_not_there_makes_no_other_value()
    {
        var map = LatestMap<string, int>.Create().SetItem("a", 1);

        Assert.Same(map, map.Remove("b"));
        Assert.NotSame(map, map.Remove("a"));
    }

    [Fact]
    public void What_is_left_of_much_is_what_it_was()
    {
        var map = LatestMap<int, int>.Create();
        for (var i = 0; i < 10_000; i++) map = map.SetItem(i, -i);
        for (var i = 0; i < 9_999; i++) map = map.Remove(i);

        Assert.Equal([new(9_999, -9_999)], map);
        Assert.Equal(2, map.SetItem(1, 1).Count);
    }

    [Fact]
    public void It_may_be_changed_while_it_is_gone_through()
    {
        var map = LatestMap<int, int>.Create().SetItem(1, 1).SetItem(2, 2);

        foreach (var (key, _) in map) map = map.Remove(key);

        Assert.Empty(map);
    }

    [Fact]
    public void A_value_can_be_used_until_so_many_changes_later()
    {
        var old = LatestMap<int, int>.Create().SetItem(1, 1);
        var map = old;
        for (var i = 0; i < LatestMap<int, int>.Remembered; i++) map = map.SetItem(1, -i);
        var older = LatestMap<int, int>.Create();
        map = older;
        for (var i = 0; i <= LatestMap<int, int>.Remembered; i++) map = map.SetItem(1, i);

        Assert.Equal(1, old[1]);
        Assert.Equal(2, old.SetItem(1, 2)[1]);
        Assert.Equal("The map was changed more than 64 times since.", Assert.Throws<InvalidOperationException>(() => older.TryGetValue(1, out _)).Message);
    }

    [Fact]
    public void Two_empty_ones_have_nothing_in_common()
    {
        var one = LatestMap<int, int>.Create();
        var other = LatestMap<int, int>.Create();

        one = one.SetItem(1, 1);

        Assert.Empty(other);
        Assert.Single(one);
    }

    private static string Text(IEnumerable<KeyValuePair<int, int>> pairs) => string.Join(' ', pairs.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}:{pair.Value}"));
}
