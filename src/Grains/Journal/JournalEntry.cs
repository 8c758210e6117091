using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Journal;

/// <summary>One thing that happened: a commit of the context, or a record about a run. Redo is its result, never its request.</summary>
/// <param name="Version">The version a commit makes; 0 when this is no commit.</param>
/// <param name="Note">Who, when and why, as its owner wrote it. The journal keeps it for history and never looks inside.</param>
/// <param name="Changes">What it did to each key of the journal, with what was there before.</param>
/// <param name="Operation">The caller's operation that this answers, or null.</param>
[GenerateSerializer, Immutable, Alias("rosud.journal-entry")]
internal sealed record JournalEntry(
    [property: Id(0)] long Version,
    [property: Id(1)] ReadOnlyMemory<byte> Note,
    [property: Id(2)] ImmutableArray<JournalChange> Changes,
    [property: Id(3)] JournalOperation? Operation = null);

/// <summary>One key of the journal before and after an entry; null is absent.</summary>
[GenerateSerializer, Immutable, Alias("rosud.journal-change")]
internal sealed record JournalChange(
    [property: Id(0)] string Key,
    [property: Id(1)] ReadOnlyMemory<byte>? Before,
    [property: Id(2)] ReadOnlyMemory<byte>? After);

/// <summary>A caller's operation with the answer it got, so that a repeat gets the same answer.</summary>
/// <param name="Id">Hash of the operation's id.</param>
/// <param name="Body">Hash of the body it came with.</param>
/// <param name="At">When it was answered (to forget it after a day).</param>
/// <param name="Answer">The answer, as its owner wrote it.</param>
[GenerateSerializer, Immutable, Alias("rosud.journal-operation")]
internal sealed record JournalOperation(
    [property: Id(0)] ContentHash Id,
    [property: Id(1)] ContentHash Body,
    [property: Id(2)] DateTimeOffset At,
    [property: Id(3)] ReadOnlyMemory<byte> Answer);
