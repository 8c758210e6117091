namespace Rosud.Journal;

/// <summary>Takes a journal over: reads it, raises the epoch, seals the next slot.</summary>
internal sealed class JournalActivation(FencedRecords records, JournalLimits limits, TimeProvider time, JournalRules rules)
{
    private readonly StoredLog _stored = new(records, limits);
    private Dictionary<string, ReadOnlyMemory<byte>> _live = [];

    /// <summary>Runs until this activation owns the journal.</summary>
    /// <exception cref="JournalFencedException">A newer activation took over meanwhile.</exception>
    public async Task<(JournalMemory Memory, JournalRecovery Recovery)> Run(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var memory = await Load();
            if (memory is not null && await RaiseEpoch(memory))
            {
                await Seal(memory);
                return (memory, new(records.Epoch, memory.End.Version, _live));
            }

            // Storage that only reads, or rivals without end: whoever called hears of it instead of waiting for ever.
            if (attempt == FencedRecords.AttemptsMax) throw new JournalFencedException("The journal could not be taken over.");
            await records.Pause(attempt);
        }
    }

    // Null when head moved while it was read: then anything that it named may have been written again.
    private async Task<JournalMemory?> Load()
    {
        records.ForgetAll();
        var head = await ReadHead();
        try
        {
            return await Load(head);
        }
        catch (InvalidDataException)
        {
            if (await ReadHead() is var again && again.Epoch == head.Epoch && again.Fold == head.Fold && again.Base == head.Base) throw;
            return null;
        }
    }

    private async Task<JournalHead> ReadHead() =>
        await records.Read(JournalHead.Name) is { } record ? JournalHead.Read(record) : JournalHead.Empty;

    private async Task<JournalMemory> Load(JournalHead head)
    {
        var memory = new JournalMemory(head, limits, time);
        _live = await _stored.ReadBase(head);
        foreach (var (key, bytes) in _live) memory.LiveBytes += key.Length + bytes.Length + 4;
        await _stored.ReadOperations(head, memory.Operations);
        memory.StartAtBase();
        await _stored.ReadSegments(head, batch =>
        {
            batch.ApplyTo(_live);
            memory.ApplyFolded(batch);
        });
        await ReadRing(memory);
        return memory;
    }

    private async Task ReadRing(JournalMemory memory)
    {
        var fold = memory.Head.Fold.Position;
        foreach (var window in Enumerable.Range(1, limits.Slots).Chunk(limits.Window))
        {
            var slots = await Task.WhenAll(window.Select(offset => records.Read(_stored.SlotName(fold + offset))));
            for (var i = 0; i < slots.Length; i++)
            {
                if (IsNext(memory, slots[i]))
                {
                    Apply(memory, slots[i]!.Value);
                    continue;
                }

                // What a live rival wrote beyond the gap is not ours to overwrite.
                for (var next = i + 1; next < slots.Length; next++)
                {
                    if (slots[next]?.Position > memory.End.Position) records.Forget(_stored.SlotName(fold + window[next]));
                }

                return;
            }
        }

        throw new InvalidDataException("The ring has no free slot.");
    }

    private async Task<bool> RaiseEpoch(JournalMemory memory)
    {
        var head = memory.Head with { Epoch = memory.Head.Epoch + 1 };
        if (rules.HasFlag(JournalRules.RaiseEpoch) && !await records.TryWrite(JournalHead.Name, head.Write())) return false;
        memory.Publish(head);
        records.Epoch = head.Epoch;
        return true;
    }

    private async Task Seal(JournalMemory memory)
    {
        if (!rules.HasFlag(JournalRules.Seal)) return;
        if (!rules.HasFlag(JournalRules.SealCompares)) await records.Read(Slot(memory));
        for (var attempt = 1; attempt <= FencedRecords.AttemptsMax; attempt++)
        {
            var seal = new RecordWriter(0).Finish(RecordKind.Seal, records.Epoch, memory.End.Position + 1);
            if (await records.TryWrite(Slot(memory), seal)) return;
            var there = await records.Read(Slot(memory));
            if (!rules.HasFlag(JournalRules.SealLooksAgain)) continue;
            if (there?.Record.Span.SequenceEqual(seal) == true) return;
            while (IsNext(memory, there))
            {
                Apply(memory, there!.Value);
                there = await records.Read(Slot(memory));
            }

            if (there?.Position > memory.End.Position + 1) throw new JournalFencedException("The ring is a lap ahead.");
            await records.Pause(attempt);
        }

        throw new JournalFencedException("The outcome of the seal stayed unknown.");
    }

    private string Slot(JournalMemory memory) => _stored.SlotName(memory.End.Position + 1);

    private static bool IsNext(JournalMemory memory, RecordFrame? slot) =>
        slot is { Kind: RecordKind.Batch } batch && batch.Position == memory.End.Position + 1;

    private void Apply(JournalMemory memory, RecordFrame slot)
    {
        var batch = JournalBatch.Read(memory.End, slot);
        batch.ApplyTo(_live);
        memory.Apply(batch, after: null);
    }
}
