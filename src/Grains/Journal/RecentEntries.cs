namespace Rosud.Journal;

/// <summary>The newest commits, kept in memory for those who are only a little behind.</summary>
internal sealed class RecentEntries(JournalLimits limits)
{
    private readonly Queue<JournalEntry> _entries = new();
    private long _bytes;

    public void Add(JournalEntry entry)
    {
        if (entry.Version == 0) return;
        _entries.Enqueue(entry);
        _bytes += JournalBatch.SizeOf(entry);
        while (_entries.Count > limits.MemoryEntries || (_bytes > limits.MemoryBytes && _entries.Count > 1)) _bytes -= JournalBatch.SizeOf(_entries.Dequeue());
    }

    /// <summary>Whether everything after this version is here.</summary>
    public bool Covers(long afterVersion) => _entries.TryPeek(out var oldest) && oldest.Version <= afterVersion + 1;

    public IReadOnlyList<JournalEntry> After(long version, int limit) =>
        [.. _entries.Skip((int)Math.Clamp(version + 1 - _entries.Peek().Version, 0, _entries.Count)).Take(limit)];
}
