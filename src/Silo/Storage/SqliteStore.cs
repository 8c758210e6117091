using Microsoft.Data.Sqlite;
using Rosud.Hosting;

namespace Rosud.Storage;

/// <summary>The embedded store: one file, one process, one writer. Holds the records and reminders of every grain of the host.</summary>
internal sealed class SqliteStore : IDisposable
{
    /// <summary>The database in the data folder.</summary>
    public const string FileName = "rosud.db";

    private const int ReadersMax = 4;

    private readonly FileStream _lock;
    private readonly GroupCommit _writer;
    private readonly ReadSessions _readers;

    private SqliteStore(string file, FileStream ownership)
    {
        _lock = ownership;
        _writer = new(() => new(file, writes: true));
        _readers = new(() => new(file, writes: false), ReadersMax);
    }

    /// <summary>Opens the store in <paramref name="folder"/>; makes both when missing.</summary>
    /// <exception cref="StoreUnusableException">The folder cannot be used, or another process has it.</exception>
    public static SqliteStore Open(string folder)
    {
        var path = Path.GetFullPath(folder);
        FileStream? ownership = null;
        try
        {
            Directory.CreateDirectory(path);
            ownership = TakeOwnership(path);
            var file = Path.Combine(path, FileName);
            SqliteSchema.Apply(file);
            return new(file, ownership);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SqliteException or NotSupportedException)
        {
            ownership?.Dispose();
            throw new StoreUnusableException($"The data folder '{path}' cannot be used: {failure.Message} Choose another with Rosud:DataPath.", failure);
        }
    }

    /// <summary>Runs <paramref name="work"/> in the next transaction; durable when it returns.</summary>
    /// <inheritdoc cref="GroupCommit.Write"/>
    public Task<T> Write<T>(Func<SqliteSession, T> work, int bytes = 0) => _writer.Write(work, bytes);

    /// <summary>Reads what was acknowledged before the call, and perhaps more.</summary>
    public Task<T> Read<T>(Func<SqliteSession, T> read) => _readers.Read(read);

    public void Dispose()
    {
        _writer.Dispose();
        _readers.Dispose();
        _lock.Dispose();
    }

    // SQLite's own locks would let two hosts take turns; the kernel drops this one when the process dies, however it dies.
    private static FileStream TakeOwnership(string folder)
    {
        try
        {
            return new(Path.Combine(folder, "rosud.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (failure is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
        {
            throw new IOException("another process is using it.", failure);
        }
    }
}

/// <summary>The data folder cannot be used. The message is for the person who started the host.</summary>
internal sealed class StoreUnusableException(string message, Exception cause) : StartupRefusedException(message, cause);
