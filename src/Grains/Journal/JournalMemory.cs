namespace Rosud.Journal;

/// <summary>What a serving activation knows of its journal: everything but the values, which only the owner has.</summary>
internal sealed class JournalMemory
{
    private readonly Queue<RingBatch> _ring = new();
    private readonly JournalLimits _limits;

    public JournalMemory(JournalHead head, JournalLimits limits, TimeProvider time)
    {
        _limits = limits;
        Head = head;
        End = head.Base;
        Operations = new(limits, time);
        Operations.StartAt(head.Operations);
        Recent = new(limits);
        Dirty.Reset(head.PageLevel);
    }

    /// <summary>The head as this activation last wrote it.</summary>
    public JournalHead Head { get; private set; }

    /// <summary>The end of the decided log.</summary>
    public LogPoint End { get; private set; }

    public OperationTable Operations { get; }

    public RecentBatches Recent { get; private set; }

    public DirtyPages Dirty { get; } = new();

    /// <summary>The owner's value at <see cref="End"/>; null when the last batch was recovered. Values in between are not kept: each would hold all that was replaced since.</summary>
    public IJournaled? Newest { get; private set; }

    /// <summary>How many operations there were up to the fold.</summary>
    public long OperationsAtFold { get; private set; }

    /// <summary>About how many bytes the live keys take.</summary>
    public long LiveBytes { get; set; }

    /// <summary>The batches after the fold.</summary>
    public IReadOnlyCollection<RingBatch> Ring => _ring;

    public long RingBytes { get; private set; }

    /// <summary>Takes in a batch of a segment, while recovering.</summary>
    public void ApplyFolded(JournalBatch batch)
    {
        Take(batch);
        Dirty.Mark(KeyHashes(batch));
        OperationsAtFold = Operations.End;
    }

    /// <summary>Takes in a batch of the ring: just landed, or recovered.</summary>
    public void Apply(JournalBatch batch, IJournaled? after)
    {
        Take(batch);
        _ring.Enqueue(new(batch.End, batch.Record, Operations.End, KeyHashes(batch)));
        RingBytes += batch.Record.Length;
        Newest = after;
    }

    /// <summary>Head was written: what it folded leaves the ring.</summary>
    /// <returns>The last batch that left, or null.</returns>
    public RingBatch? Publish(JournalHead head)
    {
        RingBatch? folded = null;
        while (_ring.TryPeek(out var next) && next.End.Position <= head.Fold.Position)
        {
            folded = _ring.Dequeue();
            RingBytes -= folded.Record.Length;
            Dirty.Mark(folded.KeyHashes);
            OperationsAtFold = folded.Operations;
        }

        if (head.Base != Head.Base) Dirty.Reset(head.PageLevel);
        Head = head;
        return folded;
    }

    /// <summary>The pages and ops cells were read: the log goes on from the base.</summary>
    public void StartAtBase() => OperationsAtFold = Operations.End;

    /// <summary>The newest entries are no longer remembered.</summary>
    public void ForgetPast() => Recent = new(_limits);

    private void Take(JournalBatch batch)
    {
        End = batch.End;
        Recent.Add(batch);
        foreach (var entry in batch.Entries)
        {
            if (entry.Operation is { } operation) Operations.Add(operation);
            foreach (var change in entry.Changes) LiveBytes += SizeOf(change.Key, change.After) - SizeOf(change.Key, change.Before);
        }
    }

    private static long SizeOf(string key, ReadOnlyMemory<byte>? value) => value is { } live ? key.Length + live.Length + 4 : 0;

    private static int[] KeyHashes(JournalBatch batch) =>
        [.. batch.Entries.SelectMany(entry => entry.Changes).Select(change => JournalPage.HashOf(change.Key))];
}
