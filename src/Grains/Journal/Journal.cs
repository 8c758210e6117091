using Rosud.Context;

namespace Rosud.Journal;

/// <inheritdoc cref="IJournal"/>
internal sealed class Journal : IJournal
{
    private readonly JournalLimits _limits;
    private readonly TimeProvider _time;
    private readonly JournalRules _rules;
    private readonly FencedRecords _records;
    private readonly StoredLog _stored;
    private readonly Confirmations _confirmations;
    private JournalMemory? _memory;
    private JournalFolding? _folding;
    private Task _background = Task.CompletedTask;
    private Task _readAhead = Task.CompletedTask;
    private Task _writing = Task.CompletedTask;
    private Task _erasing = Task.CompletedTask;
    private Exception? _stopped;
    private long _begun;
    private bool _closing;

    public Journal(IRecordStore store, JournalLimits limits, TimeProvider time, JournalRules rules = JournalRules.All)
    {
        (_limits, _time, _rules) = (limits, time, rules);
        _records = new(store, time, rules);
        _stored = new(_records, limits);
        _confirmations = new(ReadHead);
    }

    /// <inheritdoc/>
    public long OldestVersion => Memory.Head.FirstVersion;

    private JournalMemory Memory => _memory ?? throw new InvalidOperationException("The journal is not activated.");

    /// <inheritdoc/>
    public async Task<bool> Exists() => await _records.Read(JournalHead.Name) is not null;

    /// <inheritdoc/>
    public async Task<JournalRecovery> Activate(CancellationToken cancellationToken)
    {
        var (memory, recovery) = await new JournalActivation(_records, _limits, _time, _rules).Run(cancellationToken);
        _memory = memory;
        _folding = new(_records, memory, _limits, _time, _rules);
        FoldWhenDue();
        return recovery;
    }

    /// <inheritdoc/>
    public async Task Append(IReadOnlyList<JournalEntry> entries, IJournaled after)
    {
        RefuseWhenStopped();
        try
        {
            await RoomInTheRing();
            while (!_erasing.IsCompleted) await _erasing;
            var batch = JournalBatch.Next(Memory.End, entries, _records.Epoch);
            var begun = ++_begun;
            await (_writing = Write(batch));
            Memory.Apply(batch, after);
            _confirmations.Landed(begun);
            FoldWhenDue();
        }
        catch (Exception fault) when (fault is not ArgumentException)
        {
            throw Stop(fault);
        }
    }

    /// <inheritdoc/>
    public Task Confirm()
    {
        RefuseWhenStopped();
        return _rules.HasFlag(JournalRules.Confirm) ? _confirmations.Wait(_begun) : Task.CompletedTask;
    }

    /// <inheritdoc/>
    public JournalOperation? FindOperation(ContentHash id) => Memory.Operations.Find(id);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<JournalEntry>> History(long afterVersion, int limit)
    {
        RefuseWhenStopped();
        if (limit <= 0 || afterVersion >= Memory.End.Version) return [];
        if (Memory.Recent.Covers(afterVersion)) return Memory.Recent.After(afterVersion, limit);
        var found = new List<JournalEntry>();
        var ring = Memory.Ring.Where(batch => batch.End.Version > afterVersion).Select(batch => RecordFrame.Read(batch.Record)).ToList();
        var segment = Memory.Head.FirstSegment;
        for (var end = Memory.Head.NextSegment; segment < end && found.Count < limit; segment++)
        {
            if (VersionOf(segment) > afterVersion) Take(await ReadSegment(segment), afterVersion, limit, found);
        }

        Take(ring, afterVersion, limit, found);
        return found;
    }

    /// <inheritdoc/>
    public IReadOnlyList<long> LogStarts => [0, .. Memory.Head.Segments.Select(segment => segment.Position)];

    /// <inheritdoc/>
    public async Task<LogPart> ReadLog(long afterPosition)
    {
        RefuseWhenStopped();
        for (var number = Memory.Head.FirstSegment; number < Memory.Head.NextSegment; number++)
        {
            var segment = Memory.Head.Segments[(int)(number - Memory.Head.FirstSegment)];
            if (segment.Position <= afterPosition) continue;
            return PartOf(await ReadSegment(number), afterPosition, segment.Position, isLast: false);
        }

        return PartOf([.. Memory.Ring.Select(batch => RecordFrame.Read(batch.Record))], afterPosition, Memory.End.Position, isLast: true);
    }

    private static LogPart PartOf(List<RecordFrame> batches, long afterPosition, long end, bool isLast) =>
        new([.. batches.Where(batch => batch.Position > afterPosition).Select(JournalBatch.EntriesOf)], end, isLast);

    /// <inheritdoc/>
    public Task Erase()
    {
        RefuseWhenStopped();
        return _erasing.IsCompleted ? _erasing = RunErasing() : _erasing;
    }

    // In the place of a folding, so that none runs beside it.
    private async Task RunErasing()
    {
        try
        {
            await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            await Task.Yield();   // The batch that was written is applied first.
            await _readAhead;
            while (!_background.IsCompleted) await _background;   // Nothing is awaited between this look and the place being taken.
            RefuseWhenStopped();
            await (_background = _folding!.Erase());
            Memory.ForgetPast();
        }
        catch (Exception fault)
        {
            throw Stop(fault);
        }
    }

    /// <inheritdoc/>
    public async Task Deactivate(CancellationToken cancellationToken)
    {
        if (_memory is null || _stopped is not null) return;
        // A fold is two writes, and saves the next activation a read for every slot.
        if (Memory.Ring.Count >= _limits.Window && !cancellationToken.IsCancellationRequested) StartFolding();
        _closing = true;
        try
        {
            await Task.WhenAll(_background, _readAhead).WaitAsync(cancellationToken);
        }
        catch (Exception fault) when (fault is OperationCanceledException or JournalFencedException)
        {
            // A crash would leave the same: the next activation goes on from what is stored.
        }

        _stopped ??= new JournalFencedException("The journal is closed.");
    }

    // R3: the slot after the last batch never holds anything that is still needed, so that a seal always has room.
    private async Task RoomInTheRing()
    {
        if (!_rules.HasFlag(JournalRules.ReuseAfterFold)) return;
        var slots = _rules.HasFlag(JournalRules.OneSlotFree) ? _limits.Slots - 1 : _limits.Slots;
        while (Memory.End.Position + 1 > Memory.Head.Fold.Position + slots)
        {
            if (_closing) throw new JournalFencedException("The journal is closing.");
            StartFolding();
            await _background;
            RefuseWhenStopped();
        }
    }

    private async Task Write(JournalBatch batch)
    {
        var position = batch.End.Position;
        await _readAhead;
        if (!_records.Knows(_stored.SlotName(position + 1))) _readAhead = ReadAhead(position + 1);
        await _records.Put(_stored.SlotName(position), batch.Record, slot => IsTaken(slot, position));
    }

    private bool IsTaken(RecordFrame slot, long position) =>
        slot.Position >= position && !(slot.Kind == RecordKind.Seal && slot.Epoch == _records.Epoch);

    // Off the critical path: the slot after the one that is being written. What it finds is looked at as a write would (R1).
    private async Task ReadAhead(long position)
    {
        var name = _stored.SlotName(position);
        try
        {
            var looks = _rules.HasFlag(JournalRules.LookAtSlots);
            if (await _records.Read(name, looks) is { } slot && looks && IsTaken(slot, position)) _records.Forget(name);
        }
        catch (Exception fault) when (fault is not JournalFencedException)
        {
            _records.Forget(name);
        }
    }

    private void FoldWhenDue()
    {
        if (_folding!.IsDue && !_closing) StartFolding();
    }

    private void StartFolding()
    {
        if (_background.IsCompleted && !_closing) _background = RunFolding();
    }

    private async Task RunFolding()
    {
        try
        {
            await Task.Yield();   // The append that made it due is acknowledged first.
            do await _folding!.Run();
            while (_folding.IsDue && !_closing);
        }
#pragma warning disable CA1031 // Nobody awaits the folding: what went wrong is for the next append.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Stop(fault);
        }
    }

    private async Task ReadHead()
    {
        if (await _records.Peek(JournalHead.Name) is not { } head || head.Epoch != _records.Epoch) throw Stop(new JournalFencedException("Head is of another epoch."));
    }

    private long VersionOf(long segment) => Memory.Head.Segments is var segments && segment - Memory.Head.FirstSegment is >= 0 and var index && index < segments.Length
        ? segments[(int)index].Version
        : 0;

    // A segment that was dropped while it was read has no history any more; a gap says so.
    private async Task<List<RecordFrame>> ReadSegment(long number)
    {
        var record = await _records.Peek(_stored.SegmentName(number));
        return number < Memory.Head.FirstSegment ? [] : JournalSegment.Read(number, record).Batches;
    }

    private static void Take(List<RecordFrame> batches, long afterVersion, int limit, List<JournalEntry> found) => found.AddRange(
        batches.SelectMany(batch => JournalBatch.EntriesOf(batch)).Where(entry => entry.Version > afterVersion).Take(limit - found.Count));

    private void RefuseWhenStopped()
    {
        if (_stopped is not null) throw new JournalFencedException(_stopped.Message);
    }

    private Exception Stop(Exception fault)
    {
        _stopped ??= fault;
        return fault is JournalFencedException || !_rules.HasFlag(JournalRules.UnknownIsNotFailure) ? fault : new JournalFencedException($"The journal stopped: {fault.Message}");
    }
}
