using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Rosud.Storage;

/// <summary>The reminders of the embedded store, so that a host that was killed wakes what was at work.</summary>
internal sealed class SqliteReminderTable(SqliteStore store) : IReminderTable
{
    private const string Select = "SELECT id, grain, name, start_at_ticks, period_ticks FROM reminders";

    public async Task<ReminderTableData> ReadRows(GrainId grainId) =>
        new(await store.Read(session => session.Rows($"{Select} WHERE grain = $0", Entry, grainId.ToString())));

    public async Task<ReminderTableData> ReadRows(uint begin, uint end) =>
        new(await store.Read(session => begin < end
            ? session.Rows($"{Select} WHERE hash > $0 AND hash <= $1", Entry, (long)begin, (long)end)
            : session.Rows($"{Select} WHERE hash > $0 OR hash <= $1", Entry, (long)begin, (long)end)));

    public async Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName)
    {
        var found = await store.Read(session => session.Rows($"{Select} WHERE grain = $0 AND name = $1", Entry, grainId.ToString(), reminderName));
        return found.SingleOrDefault();
    }

    public async Task<string?> UpsertRow(ReminderEntry entry)
    {
        var id = await store.Write(session => session.Rows(
            "INSERT OR REPLACE INTO reminders (grain, name, hash, start_at_ticks, period_ticks) VALUES ($0, $1, $2, $3, $4) RETURNING id",
            row => row.GetInt64(0),
            entry.GrainId.ToString(), entry.ReminderName, (long)entry.GrainId.GetUniformHashCode(), entry.StartAt.ToUniversalTime().Ticks, entry.Period.Ticks).Single());
        return entry.ETag = Text(id);
    }

    public async Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag) =>
        await store.Write(session => session.Execute(
            "DELETE FROM reminders WHERE grain = $0 AND name = $1 AND CAST(id AS TEXT) = $2", grainId.ToString(), reminderName, eTag)) == 1;

    public Task TestOnlyClearTable() => store.Write(session => session.Execute("DELETE FROM reminders"));

    private static ReminderEntry Entry(SqliteDataReader row) => new()
    {
        ETag = Text(row.GetInt64(0)),
        GrainId = GrainId.Parse(row.GetString(1), CultureInfo.InvariantCulture),
        ReminderName = row.GetString(2),
        StartAt = new(row.GetInt64(3), DateTimeKind.Utc),
        Period = TimeSpan.FromTicks(row.GetInt64(4)),
    };

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);
}
