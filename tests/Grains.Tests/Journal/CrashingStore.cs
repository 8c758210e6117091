namespace Rosud.Journal;

/// <summary>Storage of one process that dies at one of its writes: before it lands, or when it has landed and nobody heard. On the way there some answers are lost and some writes refused.</summary>
/// <param name="diesAt">The number of the write, from 1.</param>
/// <param name="lands">Whether that one lands.</param>
internal sealed class CrashingStore(MemoryRecordStore storage, int diesAt, bool lands, Random random) : IRecordStore
{
    private readonly TaskCompletionSource _died = new();   // What follows runs on the one thread there is.
    private int _writes;
    private int _quiet = 3;   // Faults are apart, so that none needs a pause.

    /// <summary>Completes when the process is dead: nothing that it still waits for ever ends.</summary>
    public Task Died => _died.Task;

    public Task<StoredRecord> Read(string name) => _died.Task.IsCompleted ? Never<StoredRecord>() : storage.Read(name);

    public async Task<string> Write(string name, ReadOnlyMemory<byte> content, string? etag)
    {
        if (_died.Task.IsCompleted) return await Never<string>();
        if (++_writes == diesAt)
        {
            if (lands) await storage.Write(name, content, etag);
            _died.SetResult();
            return await Never<string>();
        }

        var fault = _quiet-- <= 0 ? random.Next(8) : 2;
        if (fault < 2) _quiet = 3;
        if (fault == 0) throw new IOException("It was refused.");
        var written = await storage.Write(name, content, etag);
        return fault == 1 ? throw new IOException("The answer was lost.") : written;
    }

    private static Task<T> Never<T>() => new TaskCompletionSource<T>().Task;
}
