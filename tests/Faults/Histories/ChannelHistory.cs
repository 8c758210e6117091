using System.Collections.Immutable;

namespace Rosud.Histories;

/// <summary>One key and its canonical JSON; null deletes the key.</summary>
internal readonly record struct Entry(string Key, string? Value)
{
    public override string ToString() => $"{Key}={Value ?? "(deleted)"}";
}

/// <summary>What a caller was told of a write.</summary>
internal enum Told
{
    /// <summary>It is durable, and its version is this.</summary>
    Accepted,

    /// <summary>Nothing was written.</summary>
    Refused,

    /// <summary>Nothing was written, because something that it relied on had changed; the head is this.</summary>
    Stale,

    /// <summary>Nobody knows: it was given up while it was under way.</summary>
    Unknown,
}

/// <summary>One write of one session: from the first time it was sent to the answer that ended it, however often it was repeated between.</summary>
/// <param name="Session">Who; a session does one thing at a time.</param>
/// <param name="Operation">Its id, which nobody else uses.</param>
/// <param name="Writes">What it asked for, each key once.</param>
/// <param name="Invoked">When it was first sent, on one monotonic clock.</param>
/// <param name="Answered">When it was answered, or given up.</param>
internal sealed record WriteOperation(int Session, string Operation, ImmutableArray<Entry> Writes, TimeSpan Invoked, TimeSpan Answered)
{
    public Told Told { get; init; } = Told.Unknown;

    /// <summary>What was told: its version when it was accepted, the head when it was stale.</summary>
    public long Version { get; init; }

    /// <summary>The version that <see cref="Reads"/> were seen at.</summary>
    public long? BasedOn { get; init; }

    /// <summary>The keys that it relied on.</summary>
    public ImmutableArray<string> Reads { get; init; } = [];

    public override string ToString() => $"write {Operation} of session {Session}";
}

/// <summary>One read of the whole context by one session.</summary>
/// <param name="Session">Who.</param>
/// <param name="Invoked">When it was sent.</param>
/// <param name="Answered">When it was answered.</param>
/// <param name="Version">The version it showed.</param>
/// <param name="Content">The content it showed.</param>
internal sealed record ReadOperation(int Session, TimeSpan Invoked, TimeSpan Answered, long Version, StateHash Content)
{
    /// <summary>It need not be the newest version, only one that was the newest not long before.</summary>
    public bool IsPlain { get; init; }

    /// <summary>The version that it asked for at least.</summary>
    public long MinVersion { get; init; }

    public override string ToString() => $"{(IsPlain ? "plain read" : "read")} of version {Version} by session {Session}";
}

/// <summary>One commit as the final log has it.</summary>
internal sealed record LogEntry(long Version, string Operation, ImmutableArray<Entry> Writes);

/// <summary>One thing that a listener was told.</summary>
internal abstract record Heard
{
    private Heard() { }

    public sealed record Commit(long Version, ImmutableArray<Entry> Writes) : Heard;

    /// <summary>The commits after <paramref name="After"/> up to <paramref name="Version"/> cannot be had.</summary>
    public sealed record Gap(long After, long Version) : Heard;
}

/// <summary>All that one listener was told, in its order, over however many connections.</summary>
/// <param name="Name">Who.</param>
/// <param name="After">The version it began after.</param>
/// <param name="Items">What it was told.</param>
/// <param name="IsWhole">Whether it listened long enough to have heard of the last commit.</param>
internal sealed record ListenerHistory(string Name, long After, ImmutableArray<Heard> Items, bool IsWhole);

/// <summary>A run, as somebody was told or as the log has it, and the task id that it was asked for under.</summary>
internal sealed record TaskRun(string Task, string Run);

/// <summary>Everything that was asked and told about one channel, and what its log says in the end.</summary>
internal sealed record ChannelHistory(string Channel)
{
    public ImmutableArray<WriteOperation> Writes { get; init; } = [];

    public ImmutableArray<ReadOperation> Reads { get; init; } = [];

    public ImmutableArray<ListenerHistory> Listeners { get; init; } = [];

    /// <summary>The log as it was read when everything was quiet, from its first version.</summary>
    public ImmutableArray<LogEntry> Log { get; init; } = [];

    /// <summary>The runs of its tasks.</summary>
    public ImmutableArray<TaskRun> Runs { get; init; } = [];
}
