namespace Rosud.Journal;

/// <summary>Reads what head names: pages, ops cells and segments.</summary>
internal sealed class StoredLog(FencedRecords records, JournalLimits limits)
{
    /// <summary>The live keys at the base.</summary>
    public async Task<Dictionary<string, ReadOnlyMemory<byte>>> ReadBase(JournalHead head)
    {
        var live = new Dictionary<string, ReadOnlyMemory<byte>>();
        var names = Enumerable.Range(0, head.PageCopies.Length).Select(head.Page);
        await Read(names, page => JournalPage.Read(page, head.Base.Position, live));
        return live;
    }

    /// <summary>The operations at the base.</summary>
    public async Task ReadOperations(JournalHead head, OperationTable table)
    {
        if (head.Operations == 0) return;
        var last = (head.Operations - 1) / limits.OperationsPerCell;
        var number = Math.Max(0, last - head.OperationCopies.Length + 1);
        var names = Enumerable.Range(0, (int)(last - number + 1)).Select(offset => head.OperationCell(number + offset)).ToList();
        await Read(names, cell => table.ReadCell(number++, cell));
    }

    /// <summary>The batches between base and fold, in order.</summary>
    public async Task ReadSegments(JournalHead head, Action<JournalBatch> apply)
    {
        var end = head.Base;
        var number = head.FirstSegment + head.FirstAfterBase;
        var names = Enumerable.Range(head.FirstAfterBase, head.Segments.Length - head.FirstAfterBase).Select(index => SegmentName(head.FirstSegment + index));
        await Read(names, segment =>
        {
            foreach (var record in JournalSegment.Read(number, segment).Batches)
            {
                var batch = JournalBatch.Read(end, record);
                end = batch.End;
                apply(batch);
            }

            number++;
        });
        if (end != head.Fold) throw new InvalidDataException("The segments do not reach the fold.");
    }

    /// <summary>The whole value at the fold, for a base when the owner's is not at hand.</summary>
    public async Task<IJournaled> ReadFold(JournalHead head)
    {
        var live = await ReadBase(head);
        await ReadSegments(head, batch => batch.ApplyTo(live));
        return new RecoveredValue(live);
    }

    public string SegmentName(long number) => $"seg-{number % limits.SegmentCells}";

    public string SlotName(long position) => $"log-{position % limits.Slots}";

    /// <summary>Reads records in windows and hands them on in order.</summary>
    private async Task Read(IEnumerable<string> names, Action<RecordFrame?> take)
    {
        foreach (var window in names.Chunk(limits.Window))
        {
            foreach (var record in await Task.WhenAll(window.Select(records.Read))) take(record);
        }
    }

    private sealed class RecoveredValue(Dictionary<string, ReadOnlyMemory<byte>> live) : IJournaled
    {
        public IEnumerable<string> Keys => live.Keys;

        public ReadOnlyMemory<byte>? Encode(string key) => live.TryGetValue(key, out var bytes) ? bytes : default(ReadOnlyMemory<byte>?);
    }
}
