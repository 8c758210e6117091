using Orleans.Concurrency;

namespace Rosud.Verdicts;

/// <summary>The verdict's grain as shadow runs see it. Implemented by the verdict's grain, same key.</summary>
[Alias("rosud.verdict-pairs")]
internal interface IVerdictPairs : IGrainWithStringKey
{
    /// <summary>Whether another pair with this baseline would be looked at.</summary>
    [Alias("wants")]
    Task<bool> Wants(string baseline);

    /// <summary>Adds a pair. The same run again changes nothing; a pair with another baseline begins anew, if that is the one that the network's policy names: else it comes late, and is dropped.</summary>
    [Alias("observe")]
    Task Observe(string baseline, PairObservation pair);
}

/// <summary>The verdict as the Orleans dashboard sees it.</summary>
[Alias("rosud.verdict-panel")]
internal interface IVerdictPanel : IGrainWithStringKey
{
    /// <summary>Numbers as they are now.</summary>
    [ReadOnly, Alias("get-state")]
    Task<VerdictState> GetState();
}

/// <summary>What the dashboard shows of a verdict.</summary>
[GenerateSerializer, Immutable, Alias("rosud.verdict-state")]
internal sealed record VerdictState([property: Id(0)] string Baseline, [property: Id(1)] int Pairs);

/// <summary>What is durable of a verdict: the pairs, of which everything else follows.</summary>
[GenerateSerializer, Immutable, Alias("rosud.verdict-record")]
internal sealed record VerdictRecord
{
    [Id(0)] public string Baseline { get; init; } = "";

    [Id(1)] public System.Collections.Immutable.ImmutableArray<PairObservation> Pairs { get; init; } = [];

    /// <summary>Whether a pair with this baseline belongs to those that are here, or there are none.</summary>
    public bool IsAbout(string baseline) => baseline == Baseline || Pairs.IsEmpty;

    /// <summary>Another baseline is another question: its pairs begin anew.</summary>
    public VerdictRecord For(string baseline) => baseline == Baseline ? this : new() { Baseline = baseline };

    /// <summary>With one more pair; the same when it has the run already or needs no more.</summary>
    public VerdictRecord With(PairObservation pair) =>
        Pairs.Length >= Looks.Last || Pairs.Any(known => known.Run == pair.Run) ? this : this with { Pairs = Pairs.Add(pair) };
}
