using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Journal;

/// <summary>
/// What a journal keeps, as an immutable value: keys and the bytes that stand for them. The journal asks it for its live
/// keys when it writes a new base, so the value handed to <see cref="IJournal.Append"/> must never change afterwards.
/// </summary>
internal interface IJournaled
{
    /// <summary>All live keys, in any order.</summary>
    IEnumerable<string> Keys { get; }

    /// <summary>The bytes of a live key, exactly as the last <see cref="JournalChange.After"/> gave them; null when it is not live.</summary>
    ReadOnlyMemory<byte>? Encode(string key);
}

/// <summary>What storage held when the journal was recovered: the whole decided log, as its result.</summary>
/// <param name="Epoch">The epoch this activation took. Fences storage; never decides order.</param>
/// <param name="Version">The version of the last commit; 0 when there is none.</param>
/// <param name="Live">Every live key with its bytes.</param>
internal sealed record JournalRecovery(long Epoch, long Version, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Live);

/// <summary>The durable log of one grain, by PROTOCOL-journal: right while activations overlap, pause, crash, and writes get lost or land late.</summary>
/// <remarks>
/// Not thread-safe: all calls come from one grain's scheduler, and at most one <see cref="Append"/> runs at a time.
/// Reads and <see cref="Confirm"/> may interleave with it.
/// </remarks>
internal interface IJournal
{
    /// <summary>Whether anything was ever written under this journal's name. Reads one record and writes none.</summary>
    Task<bool> Exists();

    /// <summary>Recovers, raises the epoch and seals the next slot. Call once, before anything else.</summary>
    /// <exception cref="JournalFencedException">A newer activation took over meanwhile.</exception>
    Task<JournalRecovery> Activate(CancellationToken cancellationToken);

    /// <summary>Appends one batch; durable when it returns.</summary>
    /// <param name="entries">1 to 512 entries. Their versions (where not 0) are dense after the last.</param>
    /// <param name="after">The owner's whole value after these entries.</param>
    /// <exception cref="JournalFencedException">This activation is fenced for good: deactivate. Whether the batch landed is unknown.</exception>
    Task Append(IReadOnlyList<JournalEntry> entries, IJournaled after);

    /// <summary>Returns when it is certain that, at some instant after the call, this activation was still the only one that could have acknowledged anything.</summary>
    /// <exception cref="JournalFencedException">It was not.</exception>
    Task Confirm();

    /// <summary>The answer that the operation with this id got, among the last 32,000 of the last 24 hours.</summary>
    JournalOperation? FindOperation(ContentHash id);

    /// <summary>The oldest version whose entry is kept; versions before it are compacted.</summary>
    long OldestVersion { get; }

    /// <summary>The kept entries with a version greater than <paramref name="afterVersion"/>, in order, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<JournalEntry>> History(long afterVersion, int limit);

    /// <summary>Positions from which <see cref="ReadLog"/> can read without reading anything twice, in order; the first stands for the oldest batch that is kept.</summary>
    IReadOnlyList<long> LogStarts { get; }

    /// <summary>Some of the kept batches after a position, in order and whole: as many as one read of storage gives.</summary>
    Task<LogPart> ReadLog(long afterPosition);

    /// <summary>
    /// Leaves nothing in storage but what is live and the answers of operations: drops the history and overwrites with empty records whatever held values before.
    /// Appends wait meanwhile. Repeating it after a crash goes on where that left it.
    /// </summary>
    /// <exception cref="JournalFencedException">This activation is fenced for good.</exception>
    Task Erase();

    /// <summary>Stops background work; folds when that is cheap. A clean stop and a crash leave the same kind of storage.</summary>
    Task Deactivate(CancellationToken cancellationToken);
}

/// <summary>Consecutive batches of a journal.</summary>
/// <param name="EndPosition">The position of the last.</param>
/// <param name="IsLast">Whether the log ended with them.</param>
internal sealed record LogPart(IReadOnlyList<ImmutableArray<JournalEntry>> Batches, long EndPosition, bool IsLast);

/// <summary>A newer activation of the same grain owns the journal now. This one must stop and never write again.</summary>
internal sealed class JournalFencedException(string message) : Exception(message);
