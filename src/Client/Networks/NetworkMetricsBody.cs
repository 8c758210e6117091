using Rosud.Tenants;

namespace Rosud.Networks;

/// <summary>What the runs of a network cost and brought.</summary>
internal sealed record NetworkMetricsBody(
    RunCountsBody Runs,
    Percentiles CoordinationOverheadMs,
    EventCountsBody StaleContextEvents,
    TotalBody CascadePrevented,
    AgentsNeededBody AgentsActuallyNeeded,
    TokensBody Tokens,
    decimal CostUsd,
    LatencyBody LatencyMs,
    double? ErrorRate)
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
        metrics.ErrorRate);
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
