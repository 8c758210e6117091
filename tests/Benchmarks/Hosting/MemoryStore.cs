using System.Collections.Concurrent;
using System.Globalization;
using Orleans.Storage;
using Rosud.Journal;

namespace Rosud.Hosting;

/// <summary>Grain storage that does all that a store does but keep anything: serializes, and compares ETags. Counts its writes.</summary>
internal sealed class MemoryStore(IGrainStorageSerializer serializer) : IGrainStorage
{
    private readonly ConcurrentDictionary<(GrainId, string), (byte[]? Content, long ETag)> _records = new();
    private long _writes;

    public long Writes => Interlocked.Read(ref _writes);

    /// <summary>Makes it the store of a host's grains.</summary>
    public static void Add(IServiceCollection services) =>
        services.AddKeyedSingleton<IGrainStorage>(IJournals.StorageName, (host, _) => new MemoryStore(host.GetRequiredService<IGrainStorageSerializer>()));

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (!_records.TryGetValue((grainId, stateName), out var record)) return Task.CompletedTask;
        grainState.ETag = Text(record.ETag);
        grainState.RecordExists = record.Content is not null;
        if (record.Content is { } content) grainState.State = serializer.Deserialize<T>(new BinaryData(content))!;
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        grainState.ETag = Swap((grainId, stateName), grainState.ETag, serializer.Serialize(grainState.State).ToArray());
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

    private string Swap((GrainId, string) key, string? etag, byte[]? content)
    {
        var seen = etag is null ? 0 : long.Parse(etag, CultureInfo.InvariantCulture);
        var written = seen == 0
            ? _records.TryAdd(key, (content, 1))
            : _records.TryGetValue(key, out var there) && there.ETag == seen && _records.TryUpdate(key, (content, seen + 1), there);
        if (!written) throw new InconsistentStateException("The record has changed since it was read.", "unknown", etag ?? "none");
        Interlocked.Increment(ref _writes);
        return Text(seen + 1);
    }

    private static string Text(long etag) => etag.ToString(CultureInfo.InvariantCulture);
}
