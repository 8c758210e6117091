using Rosud.Verdicts;

namespace Rosud.Networks;

/// <summary>What the comparison of several agents with one says, by task class.</summary>
/// <param name="Verdicts">One per task class that the network's policy names a baseline for, in the order of their names.</param>
internal sealed record VerdictListBody(IReadOnlyList<TaskClassVerdictBody> Verdicts, string? Next);

/// <summary>What the comparison says of one task class.</summary>
/// <param name="Pairs">Pairs observed, at most 1,280.</param>
/// <param name="PairsNeeded">How many are missing to the next look; 0 unless the verdict is insufficient.</param>
/// <param name="Look">The pairs that all figures below rest on; 0 before the first look.</param>
/// <param name="Confidence">Of the intervals at this look.</param>
internal sealed record TaskClassVerdictBody(
    string TaskClass,
    string Baseline,
    VerdictAnswer Verdict,
    int Pairs,
    int PairsNeeded,
    int Look,
    double? Confidence,
    SuccessComparison? Success,
    RatioComparison? Latency,
    RatioComparison? Cost,
    string Sentence)
{
    public static TaskClassVerdictBody Of(Verdict verdict) => new(
        verdict.TaskClass, verdict.Baseline, verdict.Answer, verdict.Pairs, verdict.PairsNeeded, verdict.Look, verdict.Confidence, verdict.Success, verdict.Latency, verdict.Cost, verdict.Sentence);
}
