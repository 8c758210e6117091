namespace Rosud.Journal;

/// <summary>The newest commits, kept in memory for those who are only a little behind: as the records that have them, which are read again when somebody asks.</summary>
internal sealed class RecentBatches(JournalLimits limits)
{
    private readonly Queue<Kept> _batches = new();
    private long _bytes;
    private long _versions;

    public void Add(JournalBatch batch)
    {
        var (first, last) = VersionsOf(batch);
        if (last == 0) return;
        var added = new Kept(first, last, batch.Record);
        _batches.Enqueue(added);
        _bytes += added.Record.Length;
        _versions += added.Versions;
        while (_batches.Count > 1 && (_versions - _batches.Peek().Versions >= limits.MemoryEntries || _bytes > limits.MemoryBytes))
        {
            var oldest = _batches.Dequeue();
            _bytes -= oldest.Record.Length;
            _versions -= oldest.Versions;
        }
    }

    /// <summary>Whether everything after this version is here.</summary>
    public bool Covers(long afterVersion) => _batches.TryPeek(out var oldest) && oldest.First <= afterVersion + 1;

    public IReadOnlyList<JournalEntry> After(long version, int limit) =>
    [
        .. _batches.Where(batch => batch.Last > version)
            .SelectMany(batch => JournalBatch.EntriesOf(RecordFrame.Read(batch.Record)))
            .Where(entry => entry.Version > version)
            .Take(limit),
    ];

    // Versions are dense in a batch; what is no commit has none.
    private static (long First, long Last) VersionsOf(JournalBatch batch)
    {
        var (first, last) = (0L, 0L);
        foreach (var entry in batch.Entries)
        {
            if (entry.Version == 0) continue;
            if (first == 0) first = entry.Version;
            last = entry.Version;
        }

        return (first, last);
    }

    private readonly record struct Kept(long First, long Last, ReadOnlyMemory<byte> Record)
    {
        public long Versions => Last - First + 1;
    }
}
