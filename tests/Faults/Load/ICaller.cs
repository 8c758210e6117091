using System.Collections.Immutable;
using Rosud.Histories;

namespace Rosud.Load;

/// <summary>One way to talk to the platform. Null is: nobody knows, or later.</summary>
internal interface ICaller
{
    /// <summary>Sends a write once more under its operation's id.</summary>
    Task<(Told Told, long Version)?> Commit(string channel, WriteOperation write, CancellationToken stopped);

    /// <summary>Reads the whole context.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="plainFrom">Null for a confirmed read; else a plain one of this version at least.</param>
    /// <param name="stopped">Ends it.</param>
    Task<(long Version, StateHash Content)?> Read(string channel, long? plainFrom, CancellationToken stopped);
}

/// <summary>All commits of a channel, for the end of a run.</summary>
internal interface ILogReader
{
    /// <returns>Null when they could not be read now.</returns>
    Task<ImmutableArray<LogEntry>?> ReadLog(string channel, CancellationToken stopped);
}
