using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Runs;

namespace Rosud.Networks;

/// <summary>Percentiles of many measurements, within 2 % of the true ones; null while there are none.</summary>
[GenerateSerializer, Immutable, Alias("rosud.percentiles")]
public sealed record Percentiles(
    [property: Id(0)] double? P50,
    [property: Id(1)] double? P95,
    [property: Id(2)] double? P99,
    [property: Id(3)] double? Mean);

/// <summary>What the runs of a network, or of all networks of a tenant, cost and brought since the first run.</summary>
[GenerateSerializer, Immutable, Alias("rosud.network-metrics")]
public sealed record NetworkMetrics
{
    /// <summary>Ended runs.</summary>
    [Id(0)] public long Runs { get; init; }

    /// <summary>Ended runs by status.</summary>
    [Id(1)] public ImmutableDictionary<RunStatus, long> ByStatus { get; init; } = ImmutableDictionary<RunStatus, long>.Empty;

    /// <summary>Milliseconds on the critical path that were neither work nor rework.</summary>
    [Id(2)] public Percentiles CoordinationOverheadMs { get; init; } = new(null, null, null, null);

    /// <summary>Events by kind: <c>stale</c>, <c>behind</c>, <c>expired</c>.</summary>
    [Id(3)] public ImmutableDictionary<string, long> StaleContextEvents { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>Steps that did not run on a failed or rejected output.</summary>
    [Id(4)] public long CascadePrevented { get; init; }

    /// <summary>Mean number of agents whose commits the accepted outputs rest on.</summary>
    [Id(5)] public double? NeededMean { get; init; }

    /// <summary>Mean number of agents in the channel.</summary>
    [Id(6)] public double? RegisteredMean { get; init; }

    /// <summary>Mean number of agents that were called.</summary>
    [Id(7)] public double? FiredMean { get; init; }

    /// <summary>Tokens that agents reported, each in its own run: what a run that a step started used is not in its parent's here.</summary>
    [Id(8)] public long WorkTokens { get; init; }

    /// <summary>Estimated tokens of what Rosud handed over.</summary>
    [Id(9)] public long CoordinationTokens { get; init; }

    /// <summary>Cost that agents reported or prices gave, in US dollars.</summary>
    [Id(10)] public decimal CostUsd { get; init; }

    /// <summary>Milliseconds from acceptance to end.</summary>
    [Id(11)] public Percentiles LatencyMs { get; init; } = new(null, null, null, null);

    /// <summary>Share of runs that ended neither completed nor partial nor canceled; null while there are none.</summary>
    [Id(12)] public double? ErrorRate { get; init; }

    /// <summary>Steps that were done without an attempt because another step of their run had done the equal work.</summary>
    [Id(13)] public long DuplicateWorkPrevented { get; init; }

    /// <summary>Steps that were answered from an earlier run, without an attempt.</summary>
    [Id(14)] public long MemoHits { get; init; }

    /// <summary>Milliseconds from a commit until an attempt was told that rests on what was there before.</summary>
    [Id(15)] public Percentiles DetectionMs { get; init; } = new(null, null, null, null);

    /// <summary>What each agent used, in the order of their names. Agents beyond the first 1,000 are together under <c>*</c>.</summary>
    [Id(16)] public ImmutableArray<AgentUsage> ByAgent { get; init; } = [];
}
