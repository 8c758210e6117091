using System.Globalization;
using System.Runtime.InteropServices;
using Orleans.Storage;
using Rosud.Journal;

namespace Rosud.Hosting;

/// <summary>
/// Grain storage that does all that a store does but keep anything: serializes, and compares ETags. Counts its writes.
/// What it holds lies outside the managed heap, as what a real store holds: else the collector would go through it again and again.
/// </summary>
internal sealed class MemoryStore(IGrainStorageSerializer serializer) : IGrainStorage, IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(GrainId, string), Record> _records = [];
    private long _writes;

    public long Writes => Interlocked.Read(ref _writes);

    /// <summary>Makes it the store of a host's grains.</summary>
    public static void Add(IServiceCollection services) =>
        services.AddKeyedSingleton<IGrainStorage>(IJournals.StorageName, (host, _) => new MemoryStore(host.GetRequiredService<IGrainStorageSerializer>()));

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        byte[] content;
        lock (_lock)
        {
            if (!_records.TryGetValue((grainId, stateName), out var record)) return Task.CompletedTask;
            grainState.ETag = Text(record.ETag);
            grainState.RecordExists = record.At != 0;
            if (record.At == 0) return Task.CompletedTask;
            content = new byte[record.Length];
            Marshal.Copy(record.At, content, 0, content.Length);
        }

        grainState.State = serializer.Deserialize<T>(new BinaryData(content))!;
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        grainState.ETag = Swap((grainId, stateName), grainState.ETag, serializer.Serialize(grainState.State));
        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        grainState.ETag = Swap((grainId, stateName), grainState.ETag, content: null);
        grainState.RecordExists = false;
        grainState.State = Activator.CreateInstance<T>();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var record in _records.Values) Marshal.FreeHGlobal(record.At);
            _records.Clear();
        }
    }

    private string Swap((GrainId, string) key, string? etag, BinaryData? content)
    {
        var seen = etag is null ? 0 : long.Parse(etag, CultureInfo.InvariantCulture);
        lock (_lock)
        {
            var there = _records.GetValueOrDefault(key);
            if (there.ETag != seen) throw new InconsistentStateException("The record has changed since it was read.", "unknown", etag ?? "none");
            _records[key] = content is null ? new(0, 0, seen + 1) : Copy(content, seen + 1);
            Marshal.FreeHGlobal(there.At);
        }

        Interlocked.Increment(ref _writes);
        return Text(seen + 1);
    }

    private static Record Copy(BinaryData content, long etag)
    {
        var bytes = MemoryMarshal.TryGetArray(content.ToMemory(), out var array) ? array : content.ToArray();
        var at = Marshal.AllocHGlobal(bytes.Count);
        Marshal.Copy(bytes.Array!, bytes.Offset, at, bytes.Count);
        return new(at, bytes.Count, etag);
    }

    private static string Text(long etag) => etag.ToString(CultureInfo.InvariantCulture);

    private readonly record struct Record(nint At, int Length, long ETag);
}
