using System.Collections.Immutable;
using Rosud.Tenants;

namespace Rosud.Networks;

/// <summary>Asks what changed in a network at one moment.</summary>
/// <param name="From">Where the time before begins.</param>
/// <param name="Split">Where it ends and the time after begins.</param>
/// <param name="To">Where that ends. At most 92 days after <paramref name="From"/>.</param>
[GenerateSerializer, Immutable, Alias("rosud.period-query")]
public sealed record PeriodQuery([property: Id(0)] DateTimeOffset From, [property: Id(1)] DateTimeOffset Split, [property: Id(2)] DateTimeOffset To);

/// <summary>A figure and its 95 % interval; null where there is too little to say one.</summary>
[GenerateSerializer, Immutable, Alias("rosud.estimate")]
public sealed record Estimate([property: Id(0)] double? Value, [property: Id(1)] double? Low, [property: Id(2)] double? High);

/// <summary>What the runs of a time cost and brought. Runs count by their end.</summary>
[GenerateSerializer, Immutable, Alias("rosud.period-figures")]
public sealed record PeriodFigures
{
    /// <summary>Its beginning, on a quarter of an hour.</summary>
    [Id(0)] public required DateTimeOffset From { get; init; }

    /// <summary>Its end, on a quarter of an hour.</summary>
    [Id(1)] public required DateTimeOffset To { get; init; }

    /// <summary>Ended runs.</summary>
    [Id(2)] public required long Runs { get; init; }

    /// <summary>Runs that ended neither completed nor partial nor canceled.</summary>
    [Id(3)] public required long Errors { get; init; }

    /// <summary>Their share; Wilson's interval.</summary>
    [Id(4)] public required Estimate ErrorPercent { get; init; }

    /// <summary>Stretches of time with errors: quarters of an hour with an error that adjoin each other are one incident.</summary>
    [Id(5)] public required long Incidents { get; init; }

    /// <summary>For each 1,000 runs; Byar's interval of a Poisson count.</summary>
    [Id(6)] public required Estimate IncidentsPerThousandRuns { get; init; }

    /// <summary>The median; interval by order statistics.</summary>
    [Id(7)] public required Estimate LatencyP50Ms { get; init; }

    /// <summary>The 95th percentile; interval by order statistics.</summary>
    [Id(8)] public required Estimate LatencyP95Ms { get; init; }

    /// <summary>The mean; normal interval.</summary>
    [Id(9)] public required Estimate CostUsdPerRun { get; init; }
}

/// <summary>What changed from before to after.</summary>
[GenerateSerializer, Immutable, Alias("rosud.period-change")]
public sealed record PeriodChange
{
    /// <summary>Errors after minus before, in percentage points; Newcombe's interval.</summary>
    [Id(0)] public required Estimate ErrorPoints { get; init; }

    /// <summary>Incidents per run, after to before.</summary>
    [Id(1)] public required Estimate IncidentRatio { get; init; }

    /// <summary>Median latency, after to before; the interval is wider than 95 %.</summary>
    [Id(2)] public required Estimate LatencyP50Ratio { get; init; }

    /// <summary>95th percentile of latency, after to before; the interval is wider than 95 %.</summary>
    [Id(3)] public required Estimate LatencyP95Ratio { get; init; }

    /// <summary>Cost per run, after to before.</summary>
    [Id(4)] public required Estimate CostRatio { get; init; }
}

/// <summary>Before and after: incidents, latency, cost and errors of a network, with intervals.</summary>
[GenerateSerializer, Immutable, Alias("rosud.period-report")]
public sealed record PeriodReport
{
    /// <summary>The network.</summary>
    [Id(0)] public required string Network { get; init; }

    /// <summary>The time before.</summary>
    [Id(1)] public required PeriodFigures Before { get; init; }

    /// <summary>The time after.</summary>
    [Id(2)] public required PeriodFigures After { get; init; }

    /// <summary>The change.</summary>
    [Id(3)] public required PeriodChange Change { get; init; }

    /// <summary>The change in words. A difference whose interval holds "no difference" is said to be none that is shown.</summary>
    [Id(4)] public required ImmutableArray<string> Sentences { get; init; }
}

/// <summary>The answer to a <see cref="PeriodQuery"/>.</summary>
[GenerateSerializer, Immutable, Alias("rosud.period-outcome")]
public abstract record PeriodOutcome
{
    private PeriodOutcome() { }

    /// <summary>The report.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.period-found")]
    public sealed record Found([property: Id(0)] PeriodReport Report) : PeriodOutcome;

    /// <summary>There is no such network, or the times make no sense.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.period-refused")]
    public sealed record Refused([property: Id(0)] Problem Problem) : PeriodOutcome;
}
