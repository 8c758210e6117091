using Orleans.Storage;

namespace Rosud.Journal;

/// <summary>Stores a record as the bytes it is. Other state, such as that of streams, goes to Orleans' own serializer.</summary>
internal sealed class RecordSerializer(OrleansGrainStorageSerializer others) : IGrainStorageSerializer
{
    /// <inheritdoc/>
    public BinaryData Serialize<T>(T? input) => input is RecordState record ? new(record.Bytes) : others.Serialize(input);

    /// <inheritdoc/>
    public T? Deserialize<T>(BinaryData input) => typeof(T) == typeof(RecordState)
        ? (T)(object)new RecordState { Bytes = input.ToMemory() }
        : others.Deserialize<T>(input);
}
