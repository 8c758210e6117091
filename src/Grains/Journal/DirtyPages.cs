namespace Rosud.Journal;

/// <summary>Which pages the segments since the base have changed.</summary>
internal sealed class DirtyPages
{
    private bool[] _dirty = [];

    /// <summary>The pages to write, in order.</summary>
    public IEnumerable<int> Indices => Enumerable.Range(0, _dirty.Length).Where(index => _dirty[index]);

    /// <summary>Begins again after a base with 2^level pages; -1 when there is none.</summary>
    public void Reset(int level) => _dirty = level < 0 ? [] : new bool[1 << level];

    public void Mark(IEnumerable<int> keyHashes)
    {
        if (_dirty.Length == 0) return;
        foreach (var hash in keyHashes) _dirty[hash & (_dirty.Length - 1)] = true;
    }
}
