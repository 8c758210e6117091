using Rosud.Measuring;

namespace Rosud.Benchmarks;

public sealed class SpreadTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3, 3, 3)]
    [InlineData(new[] { 9.0, 1.0, 5.0 }, 5, 1, 9)]
    [InlineData(new[] { 4.0, 1.0, 3.0, 2.0 }, 2.5, 1, 4)]
    public void A_figure_has_its_middle_and_its_ends(double[] values, double median, double min, double max)
    {
        var spread = new Spread(values);

        Assert.Equal((median, min, max), (spread.Median, spread.Min, spread.Max));
        Assert.Equal(values, spread.Values);   // As they were made: two figures of one repetition belong together.
    }

    [Fact]
    public void A_ratio_is_taken_repetition_by_repetition() =>
        Assert.Equal([2.0, 3.0], new Spread([4, 9, 100]).Over(new([2, 3])).Values.ToArray());

    [Theory]
    [InlineData(new double[0])]
    [InlineData(new[] { 1.0, double.NaN })]
    public void What_was_not_measured_is_no_figure(double[] values) => Assert.Throws<ArgumentException>(() => new Spread(values));

    [Fact]
    public void A_goal_holds_at_its_bound_and_not_beyond()
    {
        Assert.True(Goal.AtMost(4).Holds(4));
        Assert.False(Goal.AtMost(4).Holds(4.01));
        Assert.True(Goal.AtLeast(1_500).Holds(1_500));
        Assert.False(Goal.AtLeast(1_500).Holds(1_499));
    }

    [Fact]
    public void What_was_not_run_has_not_passed()
    {
        var check = new Notebook(() => 0).Check("idle", Goal.AtMost(5), "There is no Redis.");

        Assert.False(check.Pass);
        Assert.Null(check.Value);
        Assert.Equal("There is no Redis.", check.NotRun);
    }

    [Fact]
    public void A_figure_is_judged_by_its_median_and_keeps_the_load_it_was_taken_under()
    {
        var loads = new Queue<double>([0.5, 3, 1]);
        var notes = new Notebook(loads.Dequeue);
        foreach (var value in new[] { 1.0, 9.0, 2.0 }) notes.Note("p50", "ms", value);

        Assert.True(notes.Check("p50", Goal.AtMost(2)).Pass);
        Assert.Equal((0.5, 3.0), (notes.Of("p50")!.LoadMin, notes.Of("p50")!.LoadMax));
        Assert.Throws<ArgumentException>(() => notes.Note("p50", "µs", 1));
    }

    [Fact]
    public void Percentiles_are_right_to_three_digits_whatever_the_order()
    {
        var latencies = new Latencies();
        for (var ms = 1_000; ms >= 1; ms--) latencies.Add(TimeSpan.FromMilliseconds(ms));

        Assert.InRange(latencies.PercentileMs(50), 499, 501);
        Assert.InRange(latencies.PercentileMs(99), 989, 991);
        Assert.Equal(1_000, latencies.Count);
        Assert.Equal(0, new Latencies().PercentileMs(50));
    }
}
