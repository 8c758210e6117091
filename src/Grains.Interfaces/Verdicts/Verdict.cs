namespace Rosud.Verdicts;

/// <summary>Whether several agents beat one.</summary>
public enum VerdictAnswer
{
    /// <summary>The pairs do not decide it yet.</summary>
    Insufficient,

    /// <summary>Several agents are better, and worse in nothing.</summary>
    Multi,

    /// <summary>One agent is better, and worse in nothing.</summary>
    Single,

    /// <summary>Several agents are better in one thing and worse in another.</summary>
    TradeOff,

    /// <summary>No difference that matters: all intervals lie inside the margins.</summary>
    Equivalent,
}

/// <summary>What one comparison says of several agents against one.</summary>
public enum Finding
{
    /// <summary>Not told apart.</summary>
    Open,

    /// <summary>Several agents are better.</summary>
    Better,

    /// <summary>Several agents are worse.</summary>
    Worse,

    /// <summary>The interval lies inside the margin.</summary>
    Same,

    /// <summary>Nobody reported what it takes to compare.</summary>
    NotMeasured,
}

/// <summary>How often each succeeded, over the same tasks.</summary>
/// <param name="MultiRate">Share of tasks at which several agents succeeded, 0 to 1.</param>
/// <param name="SingleRate">Share of tasks at which one agent succeeded, 0 to 1.</param>
/// <param name="OnlyMulti">Tasks at which only several agents succeeded.</param>
/// <param name="OnlySingle">Tasks at which only one agent succeeded.</param>
/// <param name="DifferencePoints">Several agents' rate minus one agent's, in percentage points.</param>
/// <param name="LowPoints">Lower end of Newcombe's interval of the paired difference.</param>
/// <param name="HighPoints">Its upper end.</param>
/// <param name="P">Two-sided p of the exact McNemar test.</param>
[GenerateSerializer, Immutable, Alias("rosud.verdict-success")]
public sealed record SuccessComparison(
    [property: Id(0)] Finding Says,
    [property: Id(1)] double MultiRate,
    [property: Id(2)] double SingleRate,
    [property: Id(3)] int OnlyMulti,
    [property: Id(4)] int OnlySingle,
    [property: Id(5)] double DifferencePoints,
    [property: Id(6)] double LowPoints,
    [property: Id(7)] double HighPoints,
    [property: Id(8)] double P);

/// <summary>A ratio of several agents to one: below 1 several agents take less.</summary>
/// <param name="Pairs">Pairs that the ratio rests on.</param>
/// <param name="Ratio">The estimate; null when there is none.</param>
/// <param name="Low">Lower end of its interval; null when it is open.</param>
/// <param name="High">Upper end of its interval; null when it is open.</param>
/// <param name="P">Two-sided p that the ratio is 1; null when there is no estimate.</param>
[GenerateSerializer, Immutable, Alias("rosud.verdict-ratio")]
public sealed record RatioComparison(
    [property: Id(0)] Finding Says,
    [property: Id(1)] int Pairs,
    [property: Id(2)] double? Ratio,
    [property: Id(3)] double? Low,
    [property: Id(4)] double? High,
    [property: Id(5)] double? P);

/// <summary>What the paired comparison of several agents against one agent says of one task class, with its evidence.</summary>
[GenerateSerializer, Immutable, Alias("rosud.verdict")]
public sealed record Verdict
{
    /// <summary>The task class.</summary>
    [Id(0)] public string TaskClass { get; init; } = "";

    /// <summary>The agent that several agents are compared with.</summary>
    [Id(1)] public string Baseline { get; init; } = "";

    /// <summary>The answer.</summary>
    [Id(2)] public required VerdictAnswer Answer { get; init; }

    /// <summary>Pairs observed, 0 to 1,280.</summary>
    [Id(3)] public required int Pairs { get; init; }

    /// <summary>Pairs of the newest look; everything below is of these. 0 before the first.</summary>
    [Id(4)] public required int Look { get; init; }

    /// <summary>How many pairs are missing to the next look, where the answer is insufficient; 0 after the last look and with every other answer.</summary>
    [Id(5)] public required int PairsNeeded { get; init; }

    /// <summary>The confidence of the intervals at this look, 0 to 1; null before the first look.</summary>
    [Id(6)] public double? Confidence { get; init; }

    /// <summary>Success; null before the first look.</summary>
    [Id(7)] public SuccessComparison? Success { get; init; }

    /// <summary>Median of the latency ratio over pairs at which both succeeded; null before the first look.</summary>
    [Id(8)] public RatioComparison? Latency { get; init; }

    /// <summary>Ratio of the cost per accepted result; null before the first look.</summary>
    [Id(9)] public RatioComparison? Cost { get; init; }

    /// <summary>The answer in plain words.</summary>
    [Id(10)] public required string Sentence { get; init; }
}
