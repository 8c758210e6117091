namespace Rosud.Journal;

/// <summary>A storage call that waits for its turn: a read, or a write when it has content.</summary>
internal sealed record SimulatedCall(string Name, ReadOnlyMemory<byte>? Content, string? ETag)
{
    public TaskCompletionSource<StoredRecord> Reading { get; } = new();

    public TaskCompletionSource<string> Writing { get; } = new();
}
