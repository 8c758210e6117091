using Orleans.Storage;

namespace Rosud.Journal;

/// <summary>One record as Orleans' grain storage sees it: bytes that only <see cref="RecordFrame"/> understands.</summary>
[GenerateSerializer, Alias("rosud.record")]
internal sealed class RecordState
{
    [Id(0)] public ReadOnlyMemory<byte> Bytes { get; set; }
}

/// <summary>The records of one grain in Orleans' grain storage: the record's name is the name of the state.</summary>
internal sealed class GrainRecordStore(IGrainStorage storage, GrainId grain) : IRecordStore
{
    /// <inheritdoc/>
    public async Task<StoredRecord> Read(string name)
    {
        var state = new GrainState<RecordState>(new RecordState());
        await storage.ReadStateAsync(name, grain, state);
        return state is { RecordExists: true, State: { } record } ? new(record.Bytes, state.ETag) : default;
    }

    /// <inheritdoc/>
    public async Task<string> Write(string name, ReadOnlyMemory<byte> content, string? etag)
    {
        var state = new GrainState<RecordState>(new RecordState { Bytes = content }, etag) { RecordExists = etag is not null };
        await storage.WriteStateAsync(name, grain, state);
        return state.ETag ?? throw new InvalidOperationException("The grain storage gives no ETags.");
    }
}
