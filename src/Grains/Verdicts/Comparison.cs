namespace Rosud.Verdicts;

/// <summary>One of the three things that are compared, at one look.</summary>
internal abstract record Comparison(double P)
{
    /// <summary>Above 0 when several agents do better.</summary>
    public abstract double Effect { get; }

    public virtual bool IsMeasured => true;

    /// <summary>Whether the effect is large enough to matter.</summary>
    protected abstract bool Matters { get; }

    /// <summary>Whether the interval lies inside the margin.</summary>
    protected abstract bool IsInside { get; }

    /// <summary>What it says, given the direction in which a difference was shown, if one was.</summary>
    public Finding Finding(double? shown) =>
        !IsMeasured ? Verdicts.Finding.NotMeasured
        : shown is { } direction && Matters && Math.Sign(Effect) == direction ? direction > 0 ? Verdicts.Finding.Better : Verdicts.Finding.Worse
        : IsInside ? Verdicts.Finding.Same
        : Verdicts.Finding.Open;
}

/// <summary>Success over all pairs.</summary>
internal sealed record SuccessFigures(int Pairs, int Both, int OnlyMulti, int OnlySingle, double Low, double High) : Comparison(SignTest.P(OnlyMulti, OnlySingle))
{
    public override double Effect => OnlyMulti - OnlySingle;

    protected override bool Matters => !IsInside;   // Unless it is certainly smaller than the margin.

    protected override bool IsInside => Low > -VerdictStatistics.SuccessMarginPoints && High < VerdictStatistics.SuccessMarginPoints;

    public SuccessComparison Shown(Finding says) =>
        new(says, (double)(Both + OnlyMulti) / Pairs, (double)(Both + OnlySingle) / Pairs, OnlyMulti, OnlySingle, 100.0 * (OnlyMulti - OnlySingle) / Pairs, Low, High, P);
}

/// <summary>A ratio of several agents to one: latency or cost.</summary>
internal sealed record RatioFigures(int Pairs, double? Ratio, double Low, double High, double P) : Comparison(P)
{
    public override double Effect => -Math.Log(Ratio ?? 1);

    public override bool IsMeasured => Ratio is not null;

    protected override bool Matters => Ratio is <= VerdictStatistics.RatioLow or >= VerdictStatistics.RatioHigh;

    protected override bool IsInside => Low > VerdictStatistics.RatioLow && High < VerdictStatistics.RatioHigh;

    /// <summary>The median of paired ratios, its exact interval by order statistics, and the exact sign test against 1.</summary>
    public static RatioFigures Latency(List<double> ratios, double level)
    {
        if (ratios.Count == 0) return new(0, null, double.NegativeInfinity, double.PositiveInfinity, 1);
        ratios.Sort();
        var median = (ratios[(ratios.Count - 1) / 2] + ratios[ratios.Count / 2]) / 2;
        var (low, high) = SignTest.MedianInterval(ratios, level);
        return new(ratios.Count, median, low, high, SignTest.P(ratios.Count(ratio => ratio < 1), ratios.Count(ratio => ratio > 1)));
    }

    /// <summary>The ratio of cost per accepted result.</summary>
    public static RatioFigures Cost((double Ratio, double LogError)? cost, int pairs, double bound)
    {
        if (cost is not { } found) return new(0, null, double.NegativeInfinity, double.PositiveInfinity, 1);
        var reach = Math.Exp(bound * found.LogError);
        var log = Math.Log(found.Ratio);
        var p = found.LogError > 0 ? Normal.TwoSided(log / found.LogError) : log == 0 ? 1 : 0;
        return new(pairs, found.Ratio, found.Ratio / reach, found.Ratio * reach, p);
    }

    public RatioComparison Shown(Finding says) => new(says, Pairs, Ratio, Bounded(Low), Bounded(High), Ratio is null ? null : P);

    private static double? Bounded(double end) => double.IsFinite(end) ? end : null;
}
