using System.Collections.Immutable;
using Rosud.Verdicts;

namespace Rosud.W7;

/// <summary>A task class whose truth is known because its pairs are made.</summary>
/// <param name="Name">What is different, in words.</param>
/// <param name="Truth">What a verdict should find.</param>
/// <param name="MultiError">How often several agents fail.</param>
/// <param name="SingleError">How often one agent fails.</param>
/// <param name="Latency">Median latency of several agents to that of one.</param>
/// <param name="Cost">Cost per task of several agents to that of one.</param>
internal sealed record SyntheticClass(string Name, VerdictAnswer Truth, double MultiError, double SingleError, double Latency, double Cost)
{
    // Of the tasks' own difficulty, which both arms meet alike, and of each arm alone.
    private const double SharedLatency = 0.5;
    private const double OwnLatency = 0.25;
    private const double OwnCost = 0.3;

    /// <summary>Half of the tasks are as hard for one arm as for the other.</summary>
    private const double Shared = 0.5;

    /// <summary>16 classes where one agent is at least as good, 6 where several are better, 3 ties.</summary>
    public static ImmutableArray<SyntheticClass> All { get; } =
    [
        new("one is 15 % cheaper", VerdictAnswer.Single, 0.05, 0.05, 1, 1 / 0.85),
        new("one is a third cheaper", VerdictAnswer.Single, 0.10, 0.10, 1, 1.5),
        new("one costs half", VerdictAnswer.Single, 0.15, 0.15, 1, 2),
        new("one costs a third", VerdictAnswer.Single, 0.02, 0.02, 1, 3.1),
        new("one is 15 % faster", VerdictAnswer.Single, 0.05, 0.05, 1 / 0.85, 1),
        new("one is a quarter faster", VerdictAnswer.Single, 0.10, 0.10, 1.33, 1),
        new("one is 40 % faster", VerdictAnswer.Single, 0.15, 0.15, 1.67, 1),
        new("one takes half the time", VerdictAnswer.Single, 0.20, 0.20, 2, 1),
        new("one succeeds 8 points more", VerdictAnswer.Single, 0.13, 0.05, 1, 1),
        new("one succeeds 9 points more", VerdictAnswer.Single, 0.20, 0.11, 1, 1),
        new("one succeeds 10 points more", VerdictAnswer.Single, 0.18, 0.08, 1, 1),
        new("one succeeds 15 points more", VerdictAnswer.Single, 0.20, 0.05, 1, 1),
        new("one is faster and cheaper", VerdictAnswer.Single, 0.08, 0.08, 1.3, 1.4),
        new("one succeeds more and is cheaper", VerdictAnswer.Single, 0.17, 0.08, 1, 2.5),
        new("one succeeds more and is faster", VerdictAnswer.Single, 0.16, 0.08, 1.25, 1),
        new("one is better in everything", VerdictAnswer.Single, 0.16, 0.06, 1.5, 3),
        new("several succeed 8 points more", VerdictAnswer.Multi, 0.08, 0.16, 1, 1),
        new("several succeed 15 points more", VerdictAnswer.Multi, 0.05, 0.20, 1, 1),
        new("several are 15 % faster", VerdictAnswer.Multi, 0.08, 0.08, 0.85, 1),
        new("several take half the time", VerdictAnswer.Multi, 0.10, 0.10, 0.5, 1),
        new("several are 20 % cheaper", VerdictAnswer.Multi, 0.05, 0.05, 1, 0.8),
        new("several succeed more and are faster", VerdictAnswer.Multi, 0.05, 0.14, 0.7, 1),
        new("a tie at 2 % error", VerdictAnswer.Equivalent, 0.02, 0.02, 1, 1),
        new("a tie at 8 % error", VerdictAnswer.Equivalent, 0.08, 0.08, 1, 1),
        new("a tie at 15 % error", VerdictAnswer.Equivalent, 0.15, 0.15, 1, 1),
    ];

    /// <summary>No difference at all; the number decides how often both fail, 2 to 20 %.</summary>
    public static SyntheticClass Null(int number)
    {
        var error = 0.02 + (number % 10 * 0.02);
        return new("no difference", VerdictAnswer.Equivalent, error, error, 1, 1);
    }

    /// <summary>Pairs as this class makes them.</summary>
    public ImmutableArray<PairObservation> Pairs(int count, ulong seed)
    {
        var random = new SplitMix(seed);
        var pairs = ImmutableArray.CreateBuilder<PairObservation>(count);
        for (var i = 0; i < count; i++) pairs.Add(Pair($"r{i}", ref random));
        return pairs.MoveToImmutable();
    }

    private PairObservation Pair(string run, ref SplitMix random)
    {
        var isShared = random.Unit() < Shared;
        var (hard, alsoHard) = (random.Unit(), random.Unit());
        var difficulty = Math.Exp(SharedLatency * Gauss(ref random));
        var multi = new PairHalf(hard >= MultiError, 3_000 * Latency * difficulty * Math.Exp(OwnLatency * Gauss(ref random)), 0.02 * Cost * difficulty * Math.Exp(OwnCost * Gauss(ref random)));
        var single = new PairHalf((isShared ? hard : alsoHard) >= SingleError, 3_000 * difficulty * Math.Exp(OwnLatency * Gauss(ref random)), 0.02 * difficulty * Math.Exp(OwnCost * Gauss(ref random)));
        return new(run, multi, single);
    }

    // Box and Muller.
    private static double Gauss(ref SplitMix random) => Math.Sqrt(-2 * Math.Log(1 - random.Unit())) * Math.Cos(2 * Math.PI * random.Unit());
}
