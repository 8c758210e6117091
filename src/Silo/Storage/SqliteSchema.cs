namespace Rosud.Storage;

/// <summary>The tables of the embedded store and the version of their shape.</summary>
internal static class SqliteSchema
{
    private const long Version = 1;

    // Reminders come and go; AUTOINCREMENT never gives an id twice, so a reminder's id is its ETag.
    private const string Tables = """
        CREATE TABLE records (
            store TEXT NOT NULL, grain TEXT NOT NULL, name TEXT NOT NULL, etag INTEGER NOT NULL, content BLOB,
            UNIQUE (store, grain, name));
        CREATE TABLE reminders (
            id INTEGER PRIMARY KEY AUTOINCREMENT, grain TEXT NOT NULL, name TEXT NOT NULL, hash INTEGER NOT NULL,
            start_at_ticks INTEGER NOT NULL, period_ticks INTEGER NOT NULL, UNIQUE (grain, name));
        CREATE INDEX reminders_by_hash ON reminders (hash);
        CREATE TABLE schema (version INTEGER NOT NULL);
        """;

    /// <summary>Makes the tables in a new file.</summary>
    /// <exception cref="NotSupportedException">The file was written by a newer host.</exception>
    public static void Apply(string file)
    {
        using var session = new SqliteSession(file, writes: true);
        session.Execute("BEGIN IMMEDIATE");
        var made = session.Rows("SELECT 1 FROM sqlite_master WHERE name = 'schema'", row => row.GetInt64(0)).Count > 0;
        if (!made)
        {
            session.Execute(Tables);
            session.Execute("INSERT INTO schema VALUES ($0)", Version);
        }

        session.Execute("COMMIT");
        var found = session.Rows("SELECT version FROM schema", row => row.GetInt64(0)).Single();
        if (found != Version) throw new NotSupportedException($"its store has schema version {found}, this host knows version {Version}.");
    }
}
