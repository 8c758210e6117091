namespace Rosud.Channels;

/// <summary>A silo's share of all grains by hash: those after <paramref name="Begin"/> up to <paramref name="End"/>; when that is not greater, across zero.</summary>
internal readonly record struct SweepRange(uint Begin, uint End)
{
    /// <summary>The share of <paramref name="own"/> among the active silos. The shares of all of them are everything, once.</summary>
    public static SweepRange Of<TSilo>(TSilo own, IEnumerable<TSilo> active)
        where TSilo : IComparable<TSilo>
    {
        var silos = active.Append(own).Distinct().Order().ToList();
        var index = silos.IndexOf(own);
        return new(Bound(index, silos.Count), Bound(index + 1, silos.Count));
    }

    /// <summary>Whether a grain with this hash is in the share.</summary>
    public bool Contains(uint hash) => Begin < End ? hash > Begin && hash <= End : hash > Begin || hash <= End;

    // The last bound is 2^32, which is 0 again.
    private static uint Bound(int index, int count) => unchecked((uint)((ulong)index * (1UL << 32) / (ulong)count));
}
