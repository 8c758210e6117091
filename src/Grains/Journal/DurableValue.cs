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

    // Looking for something that was never written leaves nothing behind: its first write takes the first epoch.
    private async Task Take(bool toWrite, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var found = await _records.Read(Name);
            _absent = found is null;
            if (_absent && !toWrite) return;
            var body = found?.Body ?? default;
            var epoch = (found?.Epoch ?? 0) + 1;
            _writes = found?.Position ?? 0;
            if (await _records.TryWrite(Name, Record(body.Span, epoch)))
            {
                _records.Epoch = epoch;
                Value = body.IsEmpty ? null : serializer.Deserialize(body);
                return;
            }

            if (attempt == FencedRecords.AttemptsMax) throw new JournalFencedException("The value could not be taken over.");
            await _records.Pause(attempt);
        }
    }

    /// <inheritdoc/>
    public async Task Write(T value)
    {
        if (Epoch == 0 && _absent)
        {
            await Take(toWrite: true, CancellationToken.None);
            _stopped = Value is not null;   // Somebody else was first, and this activation has answered without knowing that.
        }

        if (_stopped || Epoch == 0) throw new JournalFencedException("The value is not open, or another activation has it.");
        _writes++;
        _stopped = true;   // Until this write is known to have landed.
        try
        {
            await _records.Put(Name, Record(serializer.SerializeToArray(value), Epoch));
        }
        catch (Exception fault) when (fault is not JournalFencedException)
        {
            throw new JournalFencedException($"The value cannot be written: {fault.Message}");
        }

        Value = value;
        _stopped = false;
    }

    private byte[] Record(ReadOnlySpan<byte> body, long epoch)
    {
        var record = new byte[RecordFrame.HeaderSize + body.Length];
        body.CopyTo(record.AsSpan(RecordFrame.HeaderSize));
        RecordFrame.WriteHeader(record, RecordKind.Value, epoch, _writes);
        return record;
    }
}
