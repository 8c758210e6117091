using Rosud.Context;

namespace Rosud.Journal;

/// <summary>The operations that are remembered, in order of arrival and by id.</summary>
internal sealed class OperationTable(JournalLimits limits, TimeProvider time)
{
    private readonly Dictionary<ContentHash, JournalOperation> _byId = [];
    private readonly Queue<JournalOperation> _inOrder = new();

    /// <summary>How many came before the oldest that is remembered.</summary>
    public long First { get; private set; }

    /// <summary>How many there ever were.</summary>
    public long End => First + _inOrder.Count;

    /// <summary>Begins again, after this many that are forgotten.</summary>
    public void StartAt(long first)
    {
        _inOrder.Clear();
        _byId.Clear();
        First = first;
    }

    public void Add(JournalOperation operation)
    {
        _inOrder.Enqueue(operation);
        _byId[operation.Id] = operation;
        var forgotten = time.GetUtcNow() - limits.OperationsFor;
        while (_inOrder.TryPeek(out var oldest) && (_inOrder.Count > limits.Operations || oldest.At < forgotten)) ForgetOldest();
    }

    public JournalOperation? Find(ContentHash id) =>
        _byId.TryGetValue(id, out var operation) && operation.At >= time.GetUtcNow() - limits.OperationsFor ? operation : null;

    /// <summary>Those that are still remembered of a range of arrivals.</summary>
    public IEnumerable<JournalOperation> Range(long from, long end)
    {
        var start = Math.Max(from, First);
        return _inOrder.Skip((int)(start - First)).Take((int)Math.Max(0, end - start));
    }

    /// <summary>The record of one ops cell: those of the <paramref name="number"/>-th thousand that arrived before <paramref name="end"/>.</summary>
    public byte[] WriteCell(long number, long end, long epoch)
    {
        var from = number * limits.OperationsPerCell;
        end = Math.Min(end, from + limits.OperationsPerCell);
        var operations = Range(from, end).ToList();
        var output = new RecordWriter(operations.Count * 128);
        output.Number(end - operations.Count);
        output.Number(operations.Count);
        foreach (var operation in operations) JournalBatch.Write(output, operation);
        return output.Finish(RecordKind.Operations, epoch, number);
    }

    /// <summary>Adds the operations of a cell. Cells come in order, the oldest first.</summary>
    /// <exception cref="InvalidDataException">The record is not that cell.</exception>
    public void ReadCell(long number, RecordFrame? record)
    {
        if (record is not { Kind: RecordKind.Operations } cell || cell.Position != number) throw new InvalidDataException($"The ops cell {number} is not there.");
        var input = new RecordReader(cell.Body);
        var first = input.Number();
        if (first != End) StartAt(first);
        for (var left = input.Count(); left > 0; left--) Add(JournalBatch.ReadOperation(ref input));
    }

    private void ForgetOldest()
    {
        var oldest = _inOrder.Dequeue();
        First++;
        if (ReferenceEquals(_byId.GetValueOrDefault(oldest.Id), oldest)) _byId.Remove(oldest.Id);
    }
}
