using Rosud.Agents;
using Rosud.Tenants;

namespace Rosud.Networks;

/// <summary>What the runs of a network, or of all networks of a tenant, cost and brought.</summary>
/// <param name="DuplicateWorkPrevented">Steps done without an attempt because another step of their run had done the equal work.</param>
/// <param name="MemoHits">Steps answered from an earlier run, without an attempt.</param>
/// <param name="DetectionMs">From a commit until an attempt was told that rests on what was there before.</param>
/// <param name="ByAgent">Tokens and cost by agent; those beyond the first 1,000 together under <c>*</c>.</param>
internal sealed record NetworkMetricsBody(
    RunCountsBody Runs,
    Percentiles CoordinationOverheadMs,
    EventCountsBody StaleContextEvents,
    TotalBody CascadePrevented,
    AgentsNeededBody AgentsActuallyNeeded,
    TokensBody Tokens,
    decimal CostUsd,
    LatencyBody LatencyMs,
    double? ErrorRate,
    TotalBody DuplicateWorkPrevented,
    TotalBody MemoHits,
    Percentiles DetectionMs,
    Dictionary<string, AgentUsageBody> ByAgent)
{
    public static NetworkMetricsBody Of(NetworkMetrics metrics) => new(
        new(metrics.Runs, metrics.ByStatus.OrderBy(pair => pair.Key).ToDictionary(pair => Wire.NameOf(pair.Key), pair => pair.Value)),
        metrics.CoordinationOverheadMs,
        new(metrics.StaleContextEvents.Values.Sum(), metrics.StaleContextEvents.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary()),
        new(metrics.CascadePrevented),
        new(metrics.NeededMean, metrics.RegisteredMean, metrics.FiredMean),
        new(metrics.WorkTokens, metrics.CoordinationTokens),
        metrics.CostUsd,
        new(metrics.LatencyMs.P50, metrics.LatencyMs.P95, metrics.LatencyMs.P99),
        metrics.ErrorRate,
        new(metrics.DuplicateWorkPrevented),
        new(metrics.MemoHits),
        metrics.DetectionMs,
        AgentUsageBody.Of(metrics.ByAgent));
}

/// <summary>Ended runs, all and by status.</summary>
internal sealed record RunCountsBody(long Total, Dictionary<string, long> ByStatus);

/// <summary>Events, all and by kind.</summary>
internal sealed record EventCountsBody(long Total, Dictionary<string, long> ByKind);

/// <summary>A count.</summary>
internal sealed record TotalBody(long Total);

/// <summary>Mean numbers of agents per run; null while there are no runs.</summary>
internal sealed record AgentsNeededBody(double? Mean, double? RegisteredMean, double? FiredMean);

/// <summary>Tokens that agents reported, and estimated tokens of what was handed over.</summary>
internal sealed record TokensBody(long Work, long Coordination);

/// <summary>Milliseconds from acceptance to end; null while there are no runs.</summary>
internal sealed record LatencyBody(double? P50, double? P95, double? P99);
