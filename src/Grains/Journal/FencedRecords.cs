namespace Rosud.Journal;

/// <summary>The records of one grain as one activation may write them: only what it has read (R1), and no outcome left open (R4).</summary>
internal sealed class FencedRecords(IRecordStore store, TimeProvider time, JournalRules rules)
{
    /// <summary>How often a write is tried again before this activation gives up.</summary>
    public const int AttemptsMax = 16;

    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan PauseMax = TimeSpan.FromMilliseconds(500);

    // ETags from this activation's own reads and acknowledged writes. A record without one must be read before it is written.
    private readonly Dictionary<string, string?> _etags = [];

    /// <summary>The epoch this activation took; 0 while it is still reading and cannot be fenced.</summary>
    public long Epoch { get; set; }

    /// <summary>Whether the record can be written without reading it first.</summary>
    public bool Knows(string name) => _etags.ContainsKey(name);

    public void Forget(string name) => _etags.Remove(name);

    public void ForgetAll() => _etags.Clear();

    /// <summary>Reads a record and may write it from then on.</summary>
    /// <returns>Null when it is absent.</returns>
    /// <exception cref="JournalFencedException">A newer activation wrote it.</exception>
    public Task<RecordFrame?> Read(string name) => Read(name, looks: true);

    /// <inheritdoc cref="Read(string)"/>
    /// <param name="looks">False breaks R1, for tests.</param>
    public async Task<RecordFrame?> Read(string name, bool looks)
    {
        var (found, etag) = await ReadOnce(name);
        if (looks) RefuseNewer(name, found);
        _etags[name] = etag;
        return found;
    }

    /// <summary>Reads a record that this activation does not mean to write, or is writing now.</summary>
    public async Task<RecordFrame?> Peek(string name)
    {
        var (found, _) = await ReadOnce(name);
        RefuseNewer(name, found);
        return found;
    }

    /// <summary>Writes once, under the ETag that is known.</summary>
    /// <returns>Whether it certainly landed. If not, the outcome is unknown and the record must be read again.</returns>
    public async Task<bool> TryWrite(string name, ReadOnlyMemory<byte> record) => await Attempt(name, record) is null;

    /// <summary>Writes a record so that it is certain to have landed.</summary>
    /// <param name="taken">Whether what is there shows, whatever its epoch, that another activation was faster.</param>
    /// <exception cref="JournalFencedException">Another activation owns the record, or the outcome stayed unknown for too long.</exception>
    public async Task Put(string name, ReadOnlyMemory<byte> record, Func<RecordFrame, bool>? taken = null)
    {
        for (var attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            if (!Knows(name) && await IsThere(name, record, taken, attempt)) return;
            var fault = await Attempt(name, record);
            if (fault is null || !rules.HasFlag(JournalRules.UnknownIsNotSuccess)) return;
            if (!rules.HasFlag(JournalRules.UnknownIsNotFailure)) throw fault;
            await Pause(attempt);
        }

        throw new JournalFencedException($"The outcome of writing {name} stayed unknown.");
    }

    /// <summary>Waits before another attempt: not at all at first, for a conflict is answered by reading again.</summary>
    public Task Pause(int attempt) => attempt < 3
        ? Task.CompletedTask
        : Task.Delay(TimeSpan.FromTicks(Math.Min(PauseMin.Ticks << Math.Min(attempt - 3, 20), PauseMax.Ticks)), time);

    private async Task<bool> IsThere(string name, ReadOnlyMemory<byte> record, Func<RecordFrame, bool>? taken, int attempt)
    {
        var (read, etag) = await ReadOnce(name);
        _etags[name] = etag;
        if (read is not { } found) return false;
        if (!Looks(taken is not null, attempt)) return false;
        if (found.Record.Span.SequenceEqual(record.Span)) return true;
        RefuseNewer(name, found);
        if (taken?.Invoke(found) == true) throw new JournalFencedException($"Another activation wrote {name} first.");
        return false;
    }

    private bool Looks(bool isSlot, int attempt) => rules.HasFlag(
        attempt > 1 ? JournalRules.LookAfterUnknown : isSlot ? JournalRules.LookAtSlots : JournalRules.LookAtSpareCells);

    private async Task<Exception?> Attempt(string name, ReadOnlyMemory<byte> record)
    {
        var etag = _etags[name];
        _etags.Remove(name);
        try
        {
            _etags[name] = await store.Write(name, record, etag);
            return null;
        }
#pragma warning disable CA1031 // Whatever a store throws, the outcome is unknown: that is the whole of its contract.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return fault;
        }
    }

    private async Task<(RecordFrame? Found, string? ETag)> ReadOnce(string name)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var (content, etag) = await store.Read(name);
                return (content is { } bytes ? RecordFrame.Read(bytes) : null, etag);
            }
            catch (Exception fault) when (attempt < AttemptsMax && fault is not InvalidDataException)
            {
                await Pause(attempt);
            }
        }
    }

    private void RefuseNewer(string name, RecordFrame? found)
    {
        if (Epoch > 0 && found?.Epoch > Epoch) throw new JournalFencedException($"A newer activation wrote {name}.");
    }
}
