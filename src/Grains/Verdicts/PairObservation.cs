namespace Rosud.Verdicts;

/// <summary>What one way of doing a task brought.</summary>
/// <param name="Succeeded">Whether everything wanted was there and accepted.</param>
/// <param name="Ms">How long it took.</param>
/// <param name="CostUsd">What it cost; 0 when nobody said.</param>
[GenerateSerializer, Immutable, Alias("rosud.pair-half")]
internal readonly record struct PairHalf([property: Id(0)] bool Succeeded, [property: Id(1)] double Ms, [property: Id(2)] double CostUsd);

/// <summary>One task, done by several agents and by one, from the same snapshot.</summary>
/// <param name="Run">The run of the several agents: a pair counts once.</param>
[GenerateSerializer, Immutable, Alias("rosud.pair-observation")]
internal sealed record PairObservation([property: Id(0)] string Run, [property: Id(1)] PairHalf Multi, [property: Id(2)] PairHalf Single);
