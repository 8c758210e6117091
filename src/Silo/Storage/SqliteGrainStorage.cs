using System.Globalization;
using System.Runtime.InteropServices;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Rosud.Storage;

/// <summary>Grain storage in the embedded store: compare-and-swap on an integer ETag that never comes back for a record.</summary>
/// <remarks>A record is never deleted, because a new one would start over at 1. Clearing overwrites it with an empty record.</remarks>
internal sealed class SqliteGrainStorage(string name, SqliteStore store, IGrainStorageSerializer serializer, IActivatorProvider activators) : IGrainStorage
{
    private const long FirstETag = 1;

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var found = await store.Read(session => session.Rows(
            "SELECT etag, content FROM records WHERE store = $0 AND grain = $1 AND name = $2",
            row => (ETag: row.GetInt64(0), Content: row.IsDBNull(1) ? null : row.GetFieldValue<byte[]>(1)),
            name, grainId.ToString(), stateName));
        var (etag, content) = found is [var record] ? record : (0, null);

        grainState.ETag = etag == 0 ? null : Text(etag);
        grainState.RecordExists = content is not null;
        grainState.State = content is null ? Empty<T>() : serializer.Deserialize<T>(new BinaryData(content))!;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var content = Whole(serializer.Serialize(grainState.State).ToMemory());
        grainState.ETag = await Swap(stateName, grainId, grainState.ETag, content);
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        grainState.ETag = await Swap(stateName, grainId, grainState.ETag, content: null);
        grainState.RecordExists = false;
        grainState.State = Empty<T>();
    }

    private async Task<string> Swap(string stateName, GrainId grainId, string? etag, byte[]? content)
    {
        var grain = grainId.ToString();
        var seen = etag is null ? 0 : long.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
        var swapped = await store.Write(
            session => seen == 0
                ? session.Execute(
                    "INSERT INTO records (store, grain, name, etag, content) VALUES ($0, $1, $2, $3, $4) ON CONFLICT DO NOTHING",
                    name, grain, stateName, FirstETag, content)
                : session.Execute(
                    "UPDATE records SET etag = etag + 1, content = $4 WHERE store = $0 AND grain = $1 AND name = $2 AND etag = $3",
                    name, grain, stateName, seen, content),
            content?.Length ?? 0);

        return swapped == 1
            ? Text(seen + 1)
            : throw new InconsistentStateException($"Record '{stateName}' of {grain} has changed since it was read.", "unknown", etag ?? "none");
    }

    // Serialized into an array of its own as a rule, which nobody changes: then it is not copied.
    private static byte[] Whole(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var part) && part.Array is { } array && array.Length == part.Count ? array : bytes.ToArray();

    private static string Text(long etag) => etag.ToString(CultureInfo.InvariantCulture);

    private T Empty<T>() => activators.GetActivator<T>().Create();
}
