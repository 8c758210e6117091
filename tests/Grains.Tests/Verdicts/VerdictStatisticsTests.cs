using System.Collections.Immutable;

namespace Rosud.Verdicts;

public sealed class VerdictStatisticsTests
{
    [Theory]
    [InlineData(0, 80)]
    [InlineData(1, 79)]
    [InlineData(40, 40)]
    [InlineData(79, 1)]
    public void N5_Before_the_first_look_nothing_is_said_however_clear_it_is(int pairs, int needed)
    {
        var verdict = VerdictStatistics.Of(Pairs(pairs, _ => new("", new(true, 10, 1), new(false, 1_000, 100))), 1);
        Assert.Equal((VerdictAnswer.Insufficient, needed, 0), (verdict.Answer, verdict.PairsNeeded, verdict.Look));
        Assert.Equal($"Not known yet: {pairs} {(pairs == 1 ? "pair" : "pairs")}, {needed} more {(needed == 1 ? "is" : "are")} needed for the first look.", verdict.Sentence);
    }

    [Fact]
    public void N5_The_same_success_for_a_third_of_the_cost_is_one_agent()
    {
        var verdict = VerdictStatistics.Of(Pairs(700, i => new("", new(i % 100 != 0, 1_000 + (i % 7), 3.1), new(i % 100 != 1, 1_000 + (i % 5), 1))), 1);
        Assert.Equal((VerdictAnswer.Single, 640, 700, 0), (verdict.Answer, verdict.Look, verdict.Pairs, verdict.PairsNeeded));
        Assert.Equal("Use one agent: 640 pairs, same success within 3 points, same speed within 10 %, 3.1 times cheaper.", verdict.Sentence);
        Assert.Equal((Finding.Same, Finding.Same, Finding.Worse), (verdict.Success!.Says, verdict.Latency!.Says, verdict.Cost!.Says));
    }

    [Fact]
    public void N5_Two_points_of_success_that_are_certainly_less_than_five_speak_for_nobody()
    {
        var verdict = VerdictStatistics.Of(Pairs(1_280, i => new("", new(i % 320 != 1, 1_000 + (i % 7), 2), new(i % 42 != 0, 1_000 + (i % 5), 1))), 1);
        Assert.True(verdict.Success!.P < 0.001 && verdict.Success.LowPoints > 0);
        Assert.Equal((VerdictAnswer.Single, Finding.Same), (verdict.Answer, verdict.Success.Says));
        Assert.Equal("Use one agent: 1,280 pairs, same success within 4 points, same speed within 10 %, 49 % cheaper.", verdict.Sentence);
    }

    [Fact]
    public void N5_More_success_at_the_same_price_is_several_agents()
    {
        var verdict = VerdictStatistics.Of(Pairs(1_280, i => new("", new(i % 20 != 0, 1_000 + (i % 7), 1), new(i % 7 != 1, 1_000 + (i % 5), 0.9))), 1);
        Assert.Equal(VerdictAnswer.Multi, verdict.Answer);
        Assert.Equal("Use several agents: 1,280 pairs, 9.3 points more success, same speed within 10 %, same cost within 10 %.", verdict.Sentence);
    }

    [Fact]
    public void N5_Faster_but_dearer_is_a_trade_off()
    {
        var verdict = VerdictStatistics.Of(Pairs(320, i => new("", new(true, 400 + (i % 7), 2.1 + (i % 3)), new(true, 1_000 + (i % 5), 1 + (i % 3)))), 1);
        Assert.Equal(VerdictAnswer.TradeOff, verdict.Answer);
        Assert.Equal("It is a trade-off: 320 pairs; several agents have same success within 5 points, 2.5 times faster, 55 % dearer.", verdict.Sentence);
    }

    [Fact]
    public void N5_Nothing_that_matters_is_equivalent()
    {
        var verdict = VerdictStatistics.Of(Pairs(1_280, i => new("", new(i % 30 != 0, 1_000 + (i % 7), 1 + (i % 3)), new(i % 30 != 1, 1_000 + (i % 5), 1 + (i % 3)))), 1);
        Assert.Equal(VerdictAnswer.Equivalent, verdict.Answer);
    }

    [Fact]   // Cheaper does not excuse less success: the interval must lie above minus five points.
    public void N5_Cheaper_with_success_in_doubt_is_not_decided()
    {
        var verdict = VerdictStatistics.Of(Pairs(160, i => new("", new(i % 8 != 0, 1_000, 1), new(i % 12 != 1, 1_000, 3))), 1);
        Assert.Equal((VerdictAnswer.Insufficient, 160), (verdict.Answer, verdict.PairsNeeded));
    }

    [Fact]
    public void N5_Without_prices_success_and_latency_are_compared_alone()
    {
        var verdict = VerdictStatistics.Of(Pairs(1_280, i => new("", new(true, 500 + (i % 7), 0), new(true, 1_000 + (i % 5), 0))), 1);
        Assert.Equal((VerdictAnswer.Multi, Finding.NotMeasured), (verdict.Answer, verdict.Cost!.Says));
        Assert.Null(verdict.Cost.Ratio);
    }

    [Fact]   // Whoever swaps the two arms gets the mirrored answer, for what is not decided too.
    public void N5_Swapping_the_arms_mirrors_the_verdict() =>
        CsCheck.Check.Sample(CsCheck.Gen.Select(CsCheck.Gen.ULong, CsCheck.Gen.Double[0, 0.3], CsCheck.Gen.Double[0, 0.3], CsCheck.Gen.Double[0.5, 2]), (seed, multiError, singleError, slower) =>
        {
            var random = new SplitMix(seed);
            var pairs = Pairs(160, _ => new("", new(random.Unit() > multiError, slower * (1 + random.Unit()), 1 + random.Unit()), new(random.Unit() > singleError, 1 + random.Unit(), 1 + random.Unit())));
            var verdict = VerdictStatistics.Of(pairs, seed);
            var mirrored = VerdictStatistics.Of([.. pairs.Select(pair => new PairObservation(pair.Run, pair.Single, pair.Multi))], seed);
            Assert.Equal(Mirror(verdict.Answer), mirrored.Answer);
            Assert.Equal(verdict.Success!.LowPoints, -mirrored.Success!.HighPoints, 6);
            Assert.Equal(verdict.Cost!.Ratio!.Value, 1 / mirrored.Cost!.Ratio!.Value, 6);
        }, iter: 20);

    private static VerdictAnswer Mirror(VerdictAnswer answer) => answer switch
    {
        VerdictAnswer.Multi => VerdictAnswer.Single,
        VerdictAnswer.Single => VerdictAnswer.Multi,
        _ => answer,
    };

    private static ImmutableArray<PairObservation> Pairs(int count, Func<int, PairObservation> make) => [.. Enumerable.Range(0, count).Select(i => make(i) with { Run = $"r{i}" })];
}
