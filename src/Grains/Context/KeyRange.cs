using System.Collections.Immutable;

namespace Rosud.Context;

/// <summary>The places in a sorted set of keys that one pattern names: from <paramref name="Start"/> up to <paramref name="End"/>.</summary>
internal readonly record struct KeyRange(int Start, int End)
{
    public int Count => End - Start;

    /// <summary>Finds the range by two searches, without looking at the keys in it.</summary>
    public static KeyRange Of(ImmutableSortedSet<ContextKey> keys, KeyPattern pattern)
    {
        if (pattern.IsAll) return new(0, keys.Count);
        var prefix = pattern.Prefix.ToString();
        var start = keys.IndexOf(new(prefix));
        if (pattern.IsExact) return start < 0 ? default : new(start, start + 1);
        var end = keys.IndexOf(new(prefix + char.MaxValue));   // No key has this character: it is after all of them.
        return new(start < 0 ? ~start : start, ~end);
    }

    /// <summary>The ranges of several patterns, in order and without overlap.</summary>
    public static IReadOnlyList<KeyRange> Of(ImmutableSortedSet<ContextKey> keys, ImmutableArray<KeyPattern> patterns)
    {
        var ranges = new List<KeyRange>();
        foreach (var range in patterns.Select(pattern => Of(keys, pattern)).Where(range => range.Count > 0).OrderBy(range => range.Start))
        {
            if (ranges.Count > 0 && range.Start <= ranges[^1].End) ranges[^1] = new(ranges[^1].Start, Math.Max(range.End, ranges[^1].End));
            else ranges.Add(range);
        }

        return ranges;
    }

    public IEnumerable<ContextKey> Keys(ImmutableSortedSet<ContextKey> keys) => Count == keys.Count ? keys : Some(keys);

    private IEnumerable<ContextKey> Some(ImmutableSortedSet<ContextKey> keys)
    {
        for (var i = Start; i < End; i++) yield return keys[i];
    }
}
