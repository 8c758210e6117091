using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>A run that a step of another run started, as its parent's record and the record of the first run of the tree have it.</summary>
/// <param name="Run">The child.</param>
/// <param name="Key">The same for every asking for the child, so that a repeat counts once.</param>
/// <param name="Steps">Steps that it planned.</param>
/// <param name="IsDirect">Whether this run started it; else one of those below did.</param>
[GenerateSerializer, Immutable, Alias("rosud.child-run")]
internal sealed record ChildRun(
    [property: Id(0)] RunId Run,
    [property: Id(1)] string Key,
    [property: Id(2)] int Steps,
    [property: Id(3)] bool IsDirect)
{
    /// <summary>What it may use; null when its parent has no budget.</summary>
    [Id(4)] public Budget? Limit { get; init; }

    /// <summary>What it used; null while it is open.</summary>
    [Id(5)] public ChildUsage? Used { get; init; }
}

/// <summary>What a run used, with the runs below it.</summary>
[GenerateSerializer, Immutable, Alias("rosud.child-usage")]
internal sealed record ChildUsage([property: Id(0)] long Tokens, [property: Id(1)] decimal CostUsd, [property: Id(2)] int Calls);

/// <summary>What bounds a run that wants to be a child of another.</summary>
/// <param name="Root">The first run of the tree.</param>
/// <param name="Depth">Runs above the parent.</param>
/// <param name="TreeSteps">Steps planned in the tree so far.</param>
/// <param name="TimeLeft">Of the parent.</param>
/// <param name="Left">Of the parent's budget; null when it has none.</param>
[GenerateSerializer, Immutable, Alias("rosud.parent-standing")]
internal sealed record ParentStanding(
    [property: Id(0)] RunId Root,
    [property: Id(1)] int Depth,
    [property: Id(2)] int TreeSteps,
    [property: Id(3)] TimeSpan TimeLeft,
    [property: Id(4)] Budget? Left);

/// <summary>The answer to a channel that asks whether a run may be a child of another.</summary>
[GenerateSerializer, Immutable, Alias("rosud.parent-answer")]
internal abstract record ParentAnswer
{
    private ParentAnswer() { }

    /// <summary>It may, within these bounds; after <see cref="IRunDriver.Spawn"/> it is in the parent's record.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.parent-stands")]
    internal sealed record Stands([property: Id(0)] ParentStanding Standing) : ParentAnswer
    {
        /// <summary>After <see cref="IRunDriver.Spawn"/>: the name that the child has, which is another one when it was asked for before.</summary>
        [Id(1)] public RunId? Child { get; init; }
    }

    /// <summary>It may not: the parent has ended, is not known, or has no room.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.parent-refused")]
    internal sealed record Refused([property: Id(0)] Problem Problem) : ParentAnswer;
}
