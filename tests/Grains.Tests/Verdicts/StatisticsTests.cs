using CsCheck;
using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace Rosud.Verdicts;

/// <summary>N5: each piece of the statistics against published numbers, or against another implementation.</summary>
public sealed class StatisticsTests
{
    [Theory]   // The first is the example of R's exact2x2: mcnemar.exact(matrix(c(21, 9, 2, 12), 2)) prints p-value = 0.06543.
    [InlineData(9, 2, 0.06543)]
    [InlineData(0, 0, 1)]
    [InlineData(5, 5, 1)]
    [InlineData(0, 6, 0.03125)]
    public void N5_McNemars_exact_p_is_the_published_one(int one, int other, double p) => Assert.Equal(p, SignTest.P(one, other), 5);

    [Fact]
    public void N5_The_fair_coin_agrees_with_MathNet() =>
        Gen.Select(Gen.Int[1, Looks.Last], Gen.Double[0, 1]).Sample((n, share) =>
        {
            var k = (int)(share * n);
            var expected = new Binomial(0.5, n).CumulativeDistribution(k);
            if (expected > 1e-12) Assert.Equal(1, SignTest.AtMost(k, n) / expected, 9);
        });

    [Theory]   // z, and the two-sided tail as tables have it.
    [InlineData(1.959963985, 0.05)]
    [InlineData(2.575829304, 0.01)]
    [InlineData(3.290526731, 0.001)]
    public void N5_The_normal_tail_is_the_tables(double z, double p) => Assert.Equal(p, Normal.TwoSided(-z), 9);

    [Fact]
    public void N5_The_normal_tail_agrees_with_MathNet_also_far_out() =>
        Gen.Double[0, 25].Sample(z => Assert.Equal(1, Normal.TwoSided(z) / SpecialFunctions.Erfc(z / Math.Sqrt(2)), 8));

    [Theory]   // Ranks of the 95 % interval of a median: Altman, Machin, Bryant and Gardner, Statistics with Confidence (2000), table 18.4.
    [InlineData(6, 1)]
    [InlineData(10, 2)]
    [InlineData(20, 6)]
    [InlineData(30, 10)]
    [InlineData(50, 18)]
    [InlineData(100, 40)]
    [InlineData(5, 0)]
    public void N5_The_ranks_of_a_medians_interval_are_the_tables(int n, int rank) => Assert.Equal(rank, SignTest.Rank(n, 0.05));

    [Fact]   // Without a rank that is sure enough the interval is open.
    public void N5_A_median_of_few_values_has_an_open_interval() =>
        Assert.Equal((double.NegativeInfinity, double.PositiveInfinity), SignTest.MedianInterval([1, 2, 3], 0.05));

    [Fact]   // 36, 12, 2, 0 is the worked example of Newcombe's paper: 0.0569 to 0.3404.
    public void N5_Newcombes_interval_is_the_published_one()
    {
        var (low, high) = PairedDifference.Interval(36, 12, 2, 0, 1.959964);
        Assert.Equal(0.0569, low, 4);
        Assert.Equal(0.3404, high, 4);
    }

    [Fact]
    public void N5_Newcombes_interval_holds_the_difference_and_turns_with_it() =>
        Gen.Select(Gen.Int[0, 60], Gen.Int[0, 60], Gen.Int[0, 60], Gen.Int[0, 60]).Where(cells => cells.Item1 + cells.Item2 + cells.Item3 + cells.Item4 > 0).Sample((a, b, c, d) =>
        {
            var (low, high) = PairedDifference.Interval(a, b, c, d, 1.96);
            var difference = (double)(b - c) / (a + b + c + d);
            Assert.InRange(difference, low - 1e-12, high + 1e-12);
            var (mirrorLow, mirrorHigh) = PairedDifference.Interval(a, c, b, d, 1.96);
            Assert.Equal(-high, mirrorLow, 9);
            Assert.Equal(-low, mirrorHigh, 9);
            Assert.InRange(low, -1, high);
            Assert.InRange(high, low, 1);
        });

    [Theory]   // Jennison and Turnbull (2000), table 2.3: C for looks at equal distances.
    [InlineData(2, 0.05, 1.977)]
    [InlineData(3, 0.05, 2.004)]
    [InlineData(4, 0.05, 2.024)]
    [InlineData(5, 0.05, 2.040)]
    [InlineData(5, 0.01, 2.621)]
    public void N5_The_solver_of_the_bounds_finds_the_published_ones(int looks, double alpha, double constant) =>
        Assert.Equal(constant, OBrienFleming.Solve([.. Enumerable.Range(1, looks).Select(look => (double)look / looks)], alpha), 3);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void N5_Five_looks_together_err_as_seldom_as_one_would(int open)
    {
        double[] shares = [.. Looks.Pairs.Select(pairs => (double)pairs / Looks.Last)];
        Assert.Equal(OBrienFleming.Solve(shares, Looks.Alpha / open), Looks.Bound(4, open), 6);
        Assert.Equal(Looks.Bound(4, open) * 4, Looks.Bound(0, open), 9);
    }

    [Fact]   // The delta method of the ratio of two totals, on lognormal costs where everything succeeds: the same standard error within bootstrap noise.
    public void N5_The_bootstrap_of_cost_agrees_with_the_delta_method()
    {
        var random = new SplitMix(5);
        PairObservation[] pairs = [.. Enumerable.Range(0, 640).Select(i => new PairObservation($"r{i}", new(true, 1, Cost(ref random)), new(true, 1, 2 * Cost(ref random))))];

        var (ratio, error) = CostRatio.Of(pairs, seed: 1)!.Value;

        var (multi, single) = (pairs.Average(pair => pair.Multi.CostUsd), pairs.Average(pair => pair.Single.CostUsd));
        var variance = pairs.Average(pair => Math.Pow((pair.Multi.CostUsd / multi) - (pair.Single.CostUsd / single), 2)) / pairs.Length;
        Assert.Equal(multi / single, ratio, 9);
        Assert.InRange(error, 0.9 * Math.Sqrt(variance), 1.1 * Math.Sqrt(variance));
        Assert.Equal((ratio, error), CostRatio.Of(pairs, seed: 1)!.Value);
    }

    private static double Cost(ref SplitMix random) => Math.Exp(0.5 * new MathNet.Numerics.Distributions.Normal().InverseCumulativeDistribution(Math.Clamp(random.Unit(), 1e-9, 1 - 1e-9)));
}
