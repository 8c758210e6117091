using System.Collections.Immutable;
using System.Text.Json;
using Rosud.Agents;
using Rosud.Runs;

namespace Rosud.Networks;

/// <summary>What is durable of a network.</summary>
[GenerateSerializer, Immutable, Alias("rosud.network-record")]
internal sealed record NetworkRecord
{
    /// <summary>How often it was configured.</summary>
    [Id(0)] public long Revision { get; init; }

    [Id(1)] public CoordinationPolicy Policy { get; init; } = new();

    [Id(2)] public StoredTotals Totals { get; init; } = new();

    /// <summary>What of the totals was not durable in its day when they were stored.</summary>
    [Id(3)] public ImmutableArray<PendingSlot> Pending { get; init; } = [];

    // Policies have arrays inside, which compare by reference; their JSON compares by value.
    public bool SameAs(CoordinationPolicy policy) => JsonSerializer.Serialize(Policy) == JsonSerializer.Serialize(policy);
}

/// <summary>The totals of a network, as they are stored: counters, and histograms in HdrHistogram's own encoding.</summary>
[GenerateSerializer, Immutable, Alias("rosud.stored-totals")]
internal sealed record StoredTotals
{
    [Id(0)] public long Runs { get; init; }

    [Id(1)] public ImmutableDictionary<RunStatus, long> ByStatus { get; init; } = ImmutableDictionary<RunStatus, long>.Empty;

    [Id(2)] public ReadOnlyMemory<byte> Overhead { get; init; }

    [Id(3)] public ReadOnlyMemory<byte> Latency { get; init; }

    [Id(4)] public ImmutableDictionary<string, long> StaleEvents { get; init; } = ImmutableDictionary<string, long>.Empty;

    [Id(5)] public long CascadePrevented { get; init; }

    [Id(6)] public long Needed { get; init; }

    [Id(7)] public long Registered { get; init; }

    [Id(8)] public long Fired { get; init; }

    [Id(9)] public long WorkTokens { get; init; }

    [Id(10)] public long CoordinationTokens { get; init; }

    [Id(11)] public decimal CostUsd { get; init; }

    [Id(12)] public double OverheadSumMs { get; init; }

    [Id(13)] public double LatencySumMs { get; init; }

    /// <summary>The newest runs that were counted, so that a repeated report is not.</summary>
    [Id(14)] public ImmutableQueue<string> Counted { get; init; } = [];

    [Id(15)] public long DuplicateWorkPrevented { get; init; }

    [Id(16)] public long MemoHits { get; init; }

    [Id(17)] public ReadOnlyMemory<byte> Detection { get; init; }

    [Id(18)] public double DetectionSumMs { get; init; }

    /// <summary>What each agent used; default where it was stored before this was counted.</summary>
    [Id(19)] public ImmutableArray<AgentUsage> ByAgent { get; init; } = [];
}
