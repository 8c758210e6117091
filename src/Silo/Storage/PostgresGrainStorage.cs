using System.Globalization;
using Npgsql;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Rosud.Storage;

/// <summary>Grain storage in PostgreSQL: compare-and-swap on an integer ETag that never comes back for a record. The table is made by <c>postgres.sql</c>.</summary>
/// <remarks>
/// Orleans' own storage over ADO.NET keeps a record under the grain's key without its kind, so an agent and its supervisor would share one, and two first writes of a record at once
/// both succeed. Here a record's key is its whole name, and primary. A record is never deleted, because a new one would start over at 1.
/// </remarks>
internal sealed class PostgresGrainStorage(string name, string serviceId, NpgsqlDataSource database, IGrainStorageSerializer serializer, IActivatorProvider activators) : IGrainStorage
{
    private const long FirstETag = 1;

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await using var read = Command("SELECT etag, content FROM rosud_records WHERE service = $1 AND store = $2 AND grain = $3 AND name = $4", stateName, grainId);
        await using var row = await read.ExecuteReaderAsync();
        var isThere = await row.ReadAsync();
        var content = isThere && !await row.IsDBNullAsync(1) ? await row.GetFieldValueAsync<byte[]>(1) : null;

        grainState.ETag = isThere ? Text(row.GetInt64(0)) : null;
        grainState.RecordExists = content is not null;
        grainState.State = content is null ? Empty<T>() : serializer.Deserialize<T>(new BinaryData(content))!;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        grainState.ETag = await Swap(stateName, grainId, grainState.ETag, serializer.Serialize(grainState.State).ToMemory());
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        grainState.ETag = await Swap(stateName, grainId, grainState.ETag, content: null);
        grainState.RecordExists = false;
        grainState.State = Empty<T>();
    }

    private async Task<string> Swap(string stateName, GrainId grainId, string? etag, ReadOnlyMemory<byte>? content)
    {
        var seen = etag is null ? 0 : long.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
        await using var write = Command(
            seen == 0
                ? "INSERT INTO rosud_records (service, store, grain, name, content, etag) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
                : "UPDATE rosud_records SET etag = etag + 1, content = $5 WHERE service = $1 AND store = $2 AND grain = $3 AND name = $4 AND etag = $6",
            stateName,
            grainId);
        write.Parameters.Add(content is { } bytes ? new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = bytes } : new NpgsqlParameter { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bytea, Value = DBNull.Value });
        write.Parameters.Add(new NpgsqlParameter<long> { TypedValue = seen == 0 ? FirstETag : seen });

        return await write.ExecuteNonQueryAsync() == 1
            ? Text(seen + 1)
            : throw new InconsistentStateException($"Record '{stateName}' of {grainId} has changed since it was read.", "unknown", etag ?? "none");
    }

    private NpgsqlCommand Command(string text, string stateName, GrainId grainId)
    {
        var command = database.CreateCommand(text);
        foreach (var part in new[] { serviceId, name, grainId.ToString(), stateName }) command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = part });
        return command;
    }

    private static string Text(long etag) => etag.ToString(CultureInfo.InvariantCulture);

    private T Empty<T>() => activators.GetActivator<T>().Create();
}
