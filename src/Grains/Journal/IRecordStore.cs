namespace Rosud.Journal;

/// <summary>The records of one grain: each read whole, and written by compare-and-swap on its ETag.</summary>
/// <remarks>What a store must give is the list in docs/architecture.md "Storage": linearizable reads of one record, and ETags that never come back.</remarks>
internal interface IRecordStore
{
    /// <summary>Reads one record. An absent record has null content and a null ETag.</summary>
    Task<StoredRecord> Read(string name);

    /// <summary>Writes one record if its ETag is still <paramref name="etag"/> (null: if it is absent).</summary>
    /// <returns>The new ETag.</returns>
    /// <exception cref="Exception">Any exception means the outcome is <b>unknown</b>: the write may have landed, or may land later.</exception>
    Task<string> Write(string name, ReadOnlyMemory<byte> content, string? etag);
}

/// <summary>One record as it was read.</summary>
internal readonly record struct StoredRecord(ReadOnlyMemory<byte>? Content, string? ETag);
