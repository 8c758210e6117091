namespace Rosud.Journal;

/// <summary>Moves the ring into segments, and segments into a new base. Runs beside the appends, one step at a time.</summary>
internal sealed class JournalFolding(FencedRecords records, JournalMemory memory, JournalLimits limits, TimeProvider time, JournalRules rules)
{
    private readonly StoredLog _stored = new(records, limits);
    private IJournaled? _atFold;

    /// <summary>Whether the ring should be folded.</summary>
    public bool IsDue => FoldRules.IsFoldDue(memory.Ring.Count, memory.RingBytes, limits);

    // What a crash then has to read again is bounded.
    private const int Overdue = 4;

    private bool IsBaseDue(int times) => FoldRules.IsBaseDue(memory.Head, memory.LiveBytes, limits, rules.HasFlag(JournalRules.DropBehindBase), times);

    private bool HasCell => FoldRules.HasCell(memory.Head, limits, rules.HasFlag(JournalRules.DropBehindBase));

    /// <summary>Folds the ring, or as much of it as one segment holds, and writes a new base when that is due.</summary>
    /// <remarks>
    /// A base needs the owner's value at the fold, and only the newest is kept. When more has landed than one segment holds, what is stored would have to be read:
    /// a base that is due then waits for a fold that reaches the newest batch, unless it is four times overdue or there is no cell for another segment.
    /// </remarks>
    public async Task Run()
    {
        if (!HasCell) await Rebase();
        var isNewest = memory.Ring.Count == 0 || await Fold();
        if (IsBaseDue(isNewest ? 1 : Overdue)) await Rebase();
        _atFold = null;
    }

    /// <summary>Makes a base of what is live, drops the history, and overwrites with empty records what head names no more. Nothing else writes meanwhile.</summary>
    public async Task Erase()
    {
        while (memory.Ring.Count > 0)
        {
            if (!HasCell) await Rebase();
            await Fold();
        }

        await Rebase();
        _atFold = null;
        var head = memory.Head;
        await Publish(head with { FirstSegment = head.NextSegment, FirstVersion = head.Fold.Version + 1, Segments = [] });
        foreach (var window in (await Past()).Chunk(limits.Window)) await Task.WhenAll(window.Select(Empty));
    }

    // Every record that ever held a value, but for the live pages.
    private async Task<List<string>> Past()
    {
        var head = memory.Head;
        var names = new List<string>();
        for (var number = Math.Max(0, head.FirstSegment - limits.SegmentCells); number < head.FirstSegment; number++) names.Add(_stored.SegmentName(number));
        for (var position = Math.Max(1, head.Fold.Position - limits.Slots + 1); position <= head.Fold.Position; position++) names.Add(_stored.SlotName(position));
        for (var level = 0; 1 << level <= limits.PagesMax; level++)
        {
            if (await records.Read(JournalHead.PageName(level, 0, copy: false)) is null) continue;   // All pages of a level are written when it is taken.
            for (var index = 0; index < 1 << level; index++)
            {
                var live = level == head.PageLevel ? head.PageCopies[index] : default(bool?);
                if (live != false) names.Add(JournalHead.PageName(level, index, copy: false));
                if (live != true) names.Add(JournalHead.PageName(level, index, copy: true));
            }
        }

        return names;
    }

    // A slot becomes an old seal, which stands in nobody's way; a batch beyond the fold is a rival's.
    private async Task Empty(string name)
    {
        if (await records.Read(name) is not { Body.IsEmpty: false } found) return;
        if (found.Kind == RecordKind.Batch && found.Position > memory.Head.Fold.Position) return;
        await records.Put(name, new RecordWriter(0).Finish(found.Kind == RecordKind.Batch ? RecordKind.Seal : found.Kind, records.Epoch, found.Position));
    }

    // Says whether it reached what was the newest batch.
    private async Task<bool> Fold()
    {
        RingBatch[] batches = [.. memory.Ring.Take(FoldRules.SegmentOf(memory.Ring.Select(batch => batch.Record.Length)))];
        var last = batches[^1];
        var isNewest = last.End == memory.End;
        var value = isNewest ? memory.Newest : null;
        var before = memory.Head;
        var number = before.NextSegment;
        var segment = JournalSegment.Write(number, records.Epoch, before.Fold.Chain, [.. batches.Select(batch => batch.Record)]);
        var now = time.GetUtcNow();
        var head = before with
        {
            Fold = last.End,
            Segments = before.Segments.Add(new(last.End.Position, last.End.Version, segment.Length, now)),
        };
        head = head.Retain(limits, now, limits.SegmentCells - 1, rules.HasFlag(JournalRules.DropBehindBase));
        await WriteCells([(_stored.SegmentName(number), segment)], head);
        if (ReferenceEquals(memory.Head, head)) _atFold = value;
        return isNewest;
    }

    private async Task Rebase()
    {
        var value = _atFold ?? await _stored.ReadFold(memory.Head);
        var before = memory.Head;
        var head = before with { Base = before.Fold, PageLevel = FoldRules.PageLevel(before.PageLevel, memory.LiveBytes, limits), Operations = memory.OperationsAtFold };
        var cells = new List<(string Name, byte[] Record)>();
        head = AddPages(head, before, value, cells);
        head = AddOperations(head, before, cells);
        await WriteCells(cells, head.Retain(limits, time.GetUtcNow(), limits.SegmentCells - 1, rules.HasFlag(JournalRules.DropBehindBase)));
    }

    private JournalHead AddPages(JournalHead head, JournalHead before, IJournaled value, List<(string Name, byte[] Record)> cells)
    {
        var count = 1 << head.PageLevel;
        var isNewLevel = head.PageLevel != before.PageLevel;
        var copies = isNewLevel ? new bool[count] : [.. before.PageCopies];
        var pages = (isNewLevel ? Enumerable.Range(0, count) : memory.Dirty.Indices).ToDictionary(index => index, _ => new List<string>());
        foreach (var key in value.Keys)
        {
            if (pages.TryGetValue(JournalPage.HashOf(key) & (count - 1), out var page)) page.Add(key);
        }

        foreach (var (index, keys) in pages)
        {
            if (!isNewLevel && rules.HasFlag(JournalRules.Shadow)) copies[index] = !copies[index];
            cells.Add((JournalHead.PageName(head.PageLevel, index, copies[index]), JournalPage.Write(head.Base.Position, records.Epoch, keys, value)));
        }

        return head with { PageCopies = [.. copies] };
    }

    private JournalHead AddOperations(JournalHead head, JournalHead before, List<(string Name, byte[] Record)> cells)
    {
        if (head.Operations == before.Operations) return head;
        // One cell more than the operations need, for the newest is seldom full.
        var copies = before.OperationCopies is { Length: > 0 } were ? were : [.. new bool[(limits.Operations / limits.OperationsPerCell) + 1]];
        var last = (head.Operations - 1) / limits.OperationsPerCell;
        for (var number = Math.Max(before.Operations / limits.OperationsPerCell, last - copies.Length + 1); number <= last; number++)
        {
            cells.Add((JournalHead.OperationName(number, copies, isSpare: true), memory.Operations.WriteCell(number, head.Operations, records.Epoch)));
            var cell = (int)(number % copies.Length);
            copies = copies.SetItem(cell, !copies[cell]);
        }

        return head with { OperationCopies = copies };
    }

    // R2: the cells are spare until this one write of head names them.
    private async Task WriteCells(List<(string Name, byte[] Record)> cells, JournalHead head)
    {
        if (!rules.HasFlag(JournalRules.CellsBeforeHead)) await Publish(head);
        foreach (var window in cells.Chunk(limits.Window)) await Task.WhenAll(window.Select(cell => records.Put(cell.Name, cell.Record)));
        if (rules.HasFlag(JournalRules.CellsBeforeHead)) await Publish(head);
    }

    private async Task Publish(JournalHead head)
    {
        if (rules.HasFlag(JournalRules.ResolveHead)) await records.Put(JournalHead.Name, head.Write());
        else if (!await records.TryWrite(JournalHead.Name, head.Write()))
        {
            await records.Read(JournalHead.Name);
            return;
        }

        memory.Publish(head);
    }
}
