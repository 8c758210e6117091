using System.Collections.Immutable;
using Rosud.Networks;

namespace Rosud.Runs;

/// <summary>What is left of a run after its end: written by the run's own grain, and again with what comes later.</summary>
[GenerateSerializer, Immutable, Alias("rosud.archived-run")]
internal sealed record ArchivedRun([property: Id(0)] RunResult Result)
{
    /// <summary>What answers that come later are charged at; none in archives of before.</summary>
    [Id(1)] public ImmutableArray<Price> Prices { get; init; } = [];

    /// <summary>No step can have had an attempt with a higher number, also one that no record names; none in archives of before.</summary>
    [Id(2)] public int? AttemptsUpTo { get; init; }
}

/// <summary>A run for the dashboard: nothing of its context or goal.</summary>
[GenerateSerializer, Immutable, Alias("rosud.run-state")]
internal sealed record RunState(
    [property: Id(0)] string Run,
    [property: Id(1)] RunStatus Status,
    [property: Id(2)] int Epoch,
    [property: Id(3)] int Steps,
    [property: Id(4)] int StepsDone,
    [property: Id(5)] int Attempts,
    [property: Id(6)] int Observers);
