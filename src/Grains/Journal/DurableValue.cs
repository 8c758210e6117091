using Orleans.Serialization;

namespace Rosud.Journal;

/// <inheritdoc cref="IDurableValue{T}"/>
internal sealed class DurableValue<T>(IRecordStore store, Serializer<T> serializer, TimeProvider time, JournalRules rules = JournalRules.All) : IDurableValue<T>
    where T : class
{
    private const string Name = "value";

    private readonly FencedRecords _records = new(store, time, rules);
    private long _writes;
    private bool _stopped;
    private bool _absent;

    /// <inheritdoc/>
    public T? Value { get; private set; }

    /// <inheritdoc/>
    public long Epoch => _records.Epoch;

    /// <inheritdoc/>
    public Task Activate(CancellationToken cancellationToken) => Take(toWrite: false, cancellationToken);

    /// <inheritdoc/>
    public async Task Write(T value)
    {
        var body = serializer.SerializeToArray(value);
        if (Epoch == 0 && _absent && await IsFirst(value, body)) return;
        if (_stopped || Epoch == 0) throw new JournalFencedException("The value is not open, or another activation has it.");
        _writes++;
        _stopped = true;   // Until this write is known to have landed.
        try
        {
            await _records.Put(Name, Record(body, Epoch));
        }
        catch (Exception fault) when (fault is not JournalFencedException)
        {
            throw new JournalFencedException($"The value cannot be written: {fault.Message}");
        }

        Value = value;
        _stopped = false;
    }

    // Where nothing was, epoch and value land together. When nobody can tell whether they did, what is there is taken over: the value itself, or
    // somebody else's, who was first while this activation had answered without knowing that.
    private async Task<bool> IsFirst(T value, byte[] body)
    {
        (_absent, _writes) = (false, 1);
        if (await _records.TryWrite(Name, Record(body, 1)))
        {
            (_records.Epoch, Value) = (1, value);
            return true;
        }

        var found = await Take(toWrite: true, CancellationToken.None);
        if (found.Span.SequenceEqual(body)) return true;
        _stopped = Value is not null;
        return false;
    }

    // Looking for something that was never written leaves nothing behind: its first write is the first epoch's.
    private async Task<ReadOnlyMemory<byte>> Take(bool toWrite, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var found = await _records.Read(Name);
            _absent = found is null;
            var body = found?.Body ?? default;
            if (_absent && !toWrite) return body;
            var epoch = (found?.Epoch ?? 0) + 1;
            _writes = found?.Position ?? 0;
            if (await _records.TryWrite(Name, Record(body.Span, epoch)))
            {
                _records.Epoch = epoch;
                Value = body.IsEmpty ? null : serializer.Deserialize(body);
                return body;
            }

            if (attempt == FencedRecords.AttemptsMax) throw new JournalFencedException("The value could not be taken over.");
            await _records.Pause(attempt);
        }
    }

    private byte[] Record(ReadOnlySpan<byte> body, long epoch)
    {
        var record = new byte[RecordFrame.HeaderSize + body.Length];
        body.CopyTo(record.AsSpan(RecordFrame.HeaderSize));
        RecordFrame.WriteHeader(record, RecordKind.Value, epoch, _writes);
        return record;
    }
}
