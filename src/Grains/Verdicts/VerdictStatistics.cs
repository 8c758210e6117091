using System.Collections.Immutable;

namespace Rosud.Verdicts;

/// <summary>What pairs say: success, latency and cost each compared, Holm over the three, at the looks that are due. A value. SEMANTICS N5.</summary>
internal static class VerdictStatistics
{
    /// <summary>Less than so many points of success is no loss.</summary>
    public const double SuccessMarginPoints = 5;

    /// <summary>Ratios inside these make no difference.</summary>
    public const double RatioLow = 0.9;

    public const double RatioHigh = 1.1;

    private const int Comparisons = 3;

    /// <summary>The verdict of pairs in the order they were observed. Pairs after the newest look are not looked at.</summary>
    /// <param name="pairs">At most <see cref="Looks.Last"/> are looked at.</param>
    /// <param name="seed">Decides the bootstraps.</param>
    public static Verdict Of(ImmutableArray<PairObservation> pairs, ulong seed) =>
        pairs.Length < Looks.Pairs[0] ? Undecided(pairs.Length) : AtLooks(pairs, seed).Last();

    /// <summary>The verdict as it stood at each look that was due; at the newest with all pairs.</summary>
    public static IEnumerable<Verdict> AtLooks(ImmutableArray<PairObservation> pairs, ulong seed)
    {
        var shown = new double?[Comparisons];   // The direction in which a difference was shown, at the look that showed it.
        for (var look = 0; look < Looks.Pairs.Length && Looks.Pairs[look] <= pairs.Length; look++)
        {
            var compared = Compare(pairs.AsSpan()[..Looks.Pairs[look]], look, seed);
            Holm(compared, shown, look);
            var isNewest = look + 1 == Looks.Pairs.Length || Looks.Pairs[look + 1] > pairs.Length;
            yield return Judge(isNewest ? pairs.Length : Looks.Pairs[look], look, compared, [.. compared.Select((one, i) => one.Finding(shown[i]))]);
        }
    }

    // The smallest p against the strictest level; each difference shown leaves its level to the rest, for this look and all later ones.
    private static void Holm(Comparison[] compared, double?[] shown, int look)
    {
        while (true)
        {
            var open = Enumerable.Range(0, Comparisons).Where(i => shown[i] is null && compared[i].IsMeasured).ToList();
            if (open.Count == 0) return;
            var first = open.MinBy(i => compared[i].P);
            if (compared[first].P > Looks.Level(look, open.Count)) return;
            shown[first] = Math.Sign(compared[first].Effect);
        }
    }

    private static Comparison[] Compare(ReadOnlySpan<PairObservation> pairs, int look, ulong seed)
    {
        var (both, onlyMulti, onlySingle) = (0, 0, 0);
        var ratios = new List<double>(pairs.Length);
        foreach (var pair in pairs)
        {
            if (pair.Multi.Succeeded && pair.Single.Succeeded)
            {
                both++;
                if (pair.Single.Ms > 0) ratios.Add(pair.Multi.Ms / pair.Single.Ms);
            }
            else if (pair.Multi.Succeeded) onlyMulti++;
            else if (pair.Single.Succeeded) onlySingle++;
        }

        var bound = Looks.Bound(look, 1);
        var (low, high) = PairedDifference.Interval(both, onlyMulti, onlySingle, pairs.Length - both - onlyMulti - onlySingle, bound);
        return
        [
            new SuccessFigures(pairs.Length, both, onlyMulti, onlySingle, low * 100, high * 100),
            RatioFigures.Latency(ratios, Looks.Level(look, 1)),
            RatioFigures.Cost(CostRatio.Of(pairs, seed), pairs.Length, bound),
        ];
    }

    private static Verdict Judge(int pairs, int look, Comparison[] compared, Finding[] findings)
    {
        var (isBetter, isWorse) = (findings.Contains(Finding.Better), findings.Contains(Finding.Worse));
        var success = (SuccessFigures)compared[0];
        var answer = isBetter && isWorse ? VerdictAnswer.TradeOff
            : isBetter && (findings[0] == Finding.Better || success.Low > -SuccessMarginPoints) ? VerdictAnswer.Multi
            : isWorse && (findings[0] == Finding.Worse || success.High < SuccessMarginPoints) ? VerdictAnswer.Single
            : findings.All(finding => finding is Finding.Same or Finding.NotMeasured) && findings[0] == Finding.Same ? VerdictAnswer.Equivalent
            : VerdictAnswer.Insufficient;
        var next = look + 1 < Looks.Pairs.Length ? Looks.Pairs[look + 1] - pairs : 0;
        var verdict = new Verdict
        {
            Answer = answer,
            Pairs = pairs,
            Look = Looks.Pairs[look],
            PairsNeeded = answer == VerdictAnswer.Insufficient ? next : 0,
            Confidence = 1 - Looks.Level(look, 1),
            Success = success.Shown(findings[0]),
            Latency = ((RatioFigures)compared[1]).Shown(findings[1]),
            Cost = ((RatioFigures)compared[2]).Shown(findings[2]),
            Sentence = "",
        };
        return verdict with { Sentence = VerdictSentence.Of(verdict) };
    }

    private static Verdict Undecided(int pairs)
    {
        var verdict = new Verdict { Answer = VerdictAnswer.Insufficient, Pairs = pairs, Look = 0, PairsNeeded = Looks.Pairs[0] - pairs, Sentence = "" };
        return verdict with { Sentence = VerdictSentence.Of(verdict) };
    }
}
