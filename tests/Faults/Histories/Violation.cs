namespace Rosud.Histories;

/// <summary>What a history shows that must never happen.</summary>
internal enum Broken
{
    /// <summary>An acknowledged write is not in the log.</summary>
    Lost,

    /// <summary>An acknowledged write is in the log at another version than was told.</summary>
    Moved,

    /// <summary>The log's versions are not 1, 2, 3, …</summary>
    NotDense,

    /// <summary>The log has one operation twice.</summary>
    Repeated,

    /// <summary>The log has an operation that nobody asked for.</summary>
    Invented,

    /// <summary>The log has another content than the operation had.</summary>
    Altered,

    /// <summary>An operation that was refused is in the log.</summary>
    RefusedButDone,

    /// <summary>An operation was done before one that had ended before it began.</summary>
    OutOfOrder,

    /// <summary>A read showed an older version than was known when it began.</summary>
    StaleRead,

    /// <summary>A read showed a version that the log does not have.</summary>
    ReadAhead,

    /// <summary>A read showed another content than its version has.</summary>
    WrongContent,

    /// <summary>A session saw less than it had seen or written before.</summary>
    WentBack,

    /// <summary>A write was accepted although a key that it relied on had changed.</summary>
    AcceptedStale,

    /// <summary>A write was refused as stale although nothing that it relied on had changed.</summary>
    RefusedFresh,

    /// <summary>A listener was told a commit before one that comes first, and nothing of a gap.</summary>
    Skipped,

    /// <summary>A listener was told one commit twice.</summary>
    ToldTwice,

    /// <summary>A listener was told a commit after one that follows it.</summary>
    ToldLate,

    /// <summary>A listener was told another content than the commit has.</summary>
    Torn,

    /// <summary>A listener was told a commit that the log does not have.</summary>
    ToldInvented,

    /// <summary>A gap does not name what is missing.</summary>
    WrongGap,

    /// <summary>A listener was not told the last commits.</summary>
    Unfinished,

    /// <summary>One task id stands for more than one run.</summary>
    RunTwice,
}

/// <summary>One thing that must never happen, and the sentence that proves it.</summary>
internal sealed record Violation(Broken Kind, string Sentence)
{
    public override string ToString() => $"{Kind}: {Sentence}";
}
