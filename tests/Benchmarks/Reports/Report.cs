using System.Collections.Immutable;
using Rosud.Measuring;

namespace Rosud.Reports;

/// <summary>How one way of doing the work did. Null is what the workload does not have, for example tokens where no model is.</summary>
internal sealed record Arm
{
    public long Runs { get; init; }

    public double? P50Ms { get; init; }

    public double? P95Ms { get; init; }

    public double? P99Ms { get; init; }

    public double? TokensMean { get; init; }

    public double? CoordinationTokensMean { get; init; }

    public double? CostUsdMean { get; init; }

    public double? ErrorRate { get; init; }

    public double? OverheadMsMean { get; init; }

    public double? FiredMean { get; init; }

    public double? NeededMean { get; init; }
}

/// <summary>All that one workload found.</summary>
internal sealed record Report
{
    public required string Workload { get; init; }

    public required string About { get; init; }

    public required bool Quick { get; init; }

    public required int Seed { get; init; }

    public required Machine Machine { get; init; }

    public required double Load1 { get; init; }

    public required double Load1AtEnd { get; init; }

    public required int Repetitions { get; init; }

    public required ImmutableArray<Check> Checks { get; init; }

    public required Arm Rosud { get; init; }

    /// <summary>Other ways of doing the same work, by name.</summary>
    public ImmutableSortedDictionary<string, Arm> OtherArms { get; init; } = ImmutableSortedDictionary<string, Arm>.Empty;

    /// <summary>By how much simulated work was faster than it would be.</summary>
    public double Scale { get; init; } = 1;

    public required Arm RawOrleans { get; init; }

    public required ImmutableArray<Figure> Figures { get; init; }

    public required ImmutableArray<string> Remarks { get; init; }

    /// <summary>Whether every goal was measured and kept.</summary>
    public bool Pass => Checks.All(check => check.Pass);
}
