using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Channels;

/// <summary>What happens to a write of a key that has changed since its writer looked. SEMANTICS C1 has the table.</summary>
public enum ConflictResolution
{
    /// <summary>The later commit wins; the answer lists what it replaced.</summary>
    LatestWins,

    /// <summary>The earlier commit wins; the later key is dropped and the answer says so.</summary>
    FirstWins,

    /// <summary>The whole patch is refused.</summary>
    Reject,

    /// <summary>Every write is folded into the value, see <see cref="MergeKind"/>.</summary>
    Merge,

    /// <summary>The key's owner wins, others are dropped.</summary>
    OwnerWins,

    /// <summary>The writer of higher rank wins, others are dropped.</summary>
    Priority,

    /// <summary>The later write is parked until somebody resolves it.</summary>
    Manual,
}

/// <summary>How <see cref="ConflictResolution.Merge"/> folds a write into the value that is there.</summary>
public enum MergeKind
{
    /// <summary>JSON merge patch, RFC 7396.</summary>
    JsonMerge,

    /// <summary>Adds the elements of an array, or anything else as one element.</summary>
    Append,

    /// <summary>As append, without elements that are there already.</summary>
    Union,

    /// <summary>The exact decimal sum.</summary>
    Sum,

    /// <summary>The greater number.</summary>
    Max,

    /// <summary>The smaller number.</summary>
    Min,
}

/// <summary>How a channel's context is kept in step.</summary>
public enum SyncMode
{
    /// <summary>Every commit is pushed at once.</summary>
    RealTime,
}

/// <summary>What holds for the keys of one pattern, where it differs from the channel. For a key the exact pattern comes first, then the longest prefix.</summary>
[GenerateSerializer, Immutable, Alias("rosud.key-policy")]
public sealed record KeyPolicy
{
    /// <summary>The keys that this is about.</summary>
    [Id(0)] public required KeyPattern Pattern { get; init; }

    /// <summary>How conflicts end; null as in the channel.</summary>
    [Id(1)] public ConflictResolution? ConflictResolution { get; init; }

    /// <summary>The fold; required with <see cref="ConflictResolution.Merge"/>.</summary>
    [Id(2)] public MergeKind? Merge { get; init; }

    /// <summary>JSON schema that each value must satisfy; null for any.</summary>
    [Id(3)] public JsonValue? Schema { get; init; }

    /// <summary>The owner; required with <see cref="ConflictResolution.OwnerWins"/>.</summary>
    [Id(4)] public string? Owner { get; init; }

    /// <summary>Writers from the highest rank down; the unlisted are lowest.</summary>
    [Id(5)] public ImmutableArray<string> Priority { get; init; } = [];

    /// <summary>How long a value stays valid after its last commit, more than 0 (over HTTP 1 to 10,000,000,000,000 ms). Null, or beyond the calendar's end, for ever.</summary>
    [Id(6)] public TimeSpan? ValidFor { get; init; }

    /// <summary>When a running attempt is told that it is behind, 0 or more (over HTTP at most 7 days); null as in the channel.</summary>
    [Id(7)] public TimeSpan? StalenessThreshold { get; init; }
}

/// <summary>How a channel keeps its context in step: data, stored with the channel.</summary>
[GenerateSerializer, Immutable, Alias("rosud.context-sync")]
public sealed record ContextSync
{
    /// <summary>How updates travel. Default <see cref="SyncMode.RealTime"/>.</summary>
    [Id(0)] public SyncMode Mode { get; init; }

    /// <summary>How far behind a running attempt may fall before it is told. Zero tells it at once.</summary>
    /// <value>0 or more (over HTTP at most 7 days). Null uses the network's <c>max_staleness_ms</c>, which is 500 ms unless configured.</value>
    [Id(1)] public TimeSpan? StalenessThreshold { get; init; }

    /// <summary>True when running attempts are never told (the check at commit still holds).</summary>
    [Id(2)] public bool NeverTold { get; init; }

    /// <summary>How conflicts end where no key policy says otherwise. Default <see cref="ConflictResolution.LatestWins"/>.</summary>
    [Id(3)] public ConflictResolution ConflictResolution { get; init; }

    /// <summary>Whether who read and who wrote is chained into an audit log. Default true.</summary>
    [Id(4)] public bool Audit { get; init; } = true;

    /// <summary>What differs for some keys, each pattern once. At most 256.</summary>
    [Id(5)] public ImmutableArray<KeyPolicy> Keys { get; init; } = [];

    /// <summary>The fold of keys that <see cref="ConflictResolution.Merge"/> is the channel's default for.</summary>
    [Id(6)] public MergeKind? Merge { get; init; }
}
