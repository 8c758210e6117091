using CsCheck;
using Rosud.Runs;

namespace Rosud.Networks;

public sealed class PeriodStatisticsTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]   // Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17 (1998), table II (a): 56/70 and 48/80, method 10.
    public void The_difference_of_two_error_rates_has_the_published_interval()
    {
        var change = PeriodStatistics.Report("n", Figures(48, 80), Figures(56, 70)).Change.ErrorPoints;
        Assert.Equal((20.0, 5.24, 33.39), (Math.Round(change.Value!.Value, 2), Math.Round(change.Low!.Value, 2), Math.Round(change.High!.Value, 2)));
    }

    [Fact]
    public void Adjoining_quarters_of_an_hour_with_errors_are_one_incident()
    {
        var day = new NetworkDay(new(System.Collections.Immutable.ImmutableSortedDictionary<int, SlotRecord>.Empty));
        foreach (var minutes in new[] { 5, 20, 25, 70, 200 }) day.Add(Run(minutes, RunStatus.Failed, 100, 1), Start.AddMinutes(minutes));
        day.Add(Run(40, RunStatus.Completed, 100, 1), Start.AddMinutes(40));
        var figures = PeriodStatistics.Of(Start, Start.AddDays(1), Slots(day));
        Assert.Equal((6L, 5L, 3L), (figures.Runs, figures.Errors, figures.Incidents));
        Assert.Equal(83.3, figures.ErrorPercent.Value!.Value, 1);
    }

    [Fact]   // The model keeps every run.
    public void A_day_agrees_with_a_list_of_its_runs_also_after_being_stored() =>
        Gen.Select(Gen.Int[0, 1439], Gen.Double[1, 9_000], Gen.Double[0, 1]).List[1, 60].Sample(runs =>
        {
            var day = new NetworkDay(new(System.Collections.Immutable.ImmutableSortedDictionary<int, SlotRecord>.Empty));
            for (var i = 0; i < runs.Count; i++)
            {
                day.Add(Run(i, RunStatus.Completed, runs[i].Item2, runs[i].Item3), Start.AddMinutes(runs[i].Item1));
                if (i % 9 == 0) day = new(day.Stored());
            }

            var figures = PeriodStatistics.Of(Start.AddHours(6), Start.AddHours(18), Slots(day));
            var inside = runs.Where(run => run.Item1 is >= 360 and < 1080).ToList();
            Assert.Equal(inside.Count, figures.Runs);
            if (inside.Count == 0) return;
            Assert.Equal(inside.Average(run => run.Item3), figures.CostUsdPerRun.Value!.Value, 4);
            var sorted = inside.Select(run => run.Item2).Order().ToList();
            Assert.InRange(figures.LatencyP50Ms.Value!.Value, (sorted[(sorted.Count - 1) / 2] * 0.98) - 0.1, (sorted[sorted.Count / 2] * 1.02) + 0.1);
        }, iter: 100);

    [Fact]
    public void A_change_is_told_with_its_interval_and_chance_is_called_chance()
    {
        var report = PeriodStatistics.Report("n", Figures(230, 1_000), Figures(51, 1_000));
        Assert.Equal("Errors: 23.0 % before, 5.1 % after (-17.9 points, 95 % interval -20.9 to -15.0).", report.Sentences[0]);
        Assert.EndsWith("no difference is shown.", PeriodStatistics.Report("n", Figures(50, 1_000), Figures(51, 1_000)).Sentences[0], StringComparison.Ordinal);
        Assert.Single(PeriodStatistics.Report("n", Figures(0, 0), Figures(51, 1_000)).Sentences);
    }

    private static PeriodFigures Figures(int errors, int runs)
    {
        var day = new NetworkDay(new(System.Collections.Immutable.ImmutableSortedDictionary<int, SlotRecord>.Empty));
        for (var i = 0; i < runs; i++) day.Add(Run(i, i < errors ? RunStatus.Failed : RunStatus.Completed, 100, 0), Start);
        return PeriodStatistics.Of(Start, Start.AddDays(1), Slots(day));
    }

    private static IEnumerable<(DateTimeOffset, SlotRecord)> Slots(NetworkDay day) => day.Slots.Select(slot => (Start + (slot.Key * NetworkDay.Slot), slot.Value));

    private static RunResult Run(int number, RunStatus status, double ms, double cost) => new()
    {
        Run = RunId.Make(new(new("default"), "c"), $"r{number}"),
        Network = "n",
        Status = status,
        WallMs = ms,
        CostUsd = (decimal)cost,
    };
}
