using CsCheck;
using Rosud.Runs;

namespace Rosud.Networks;

public sealed class NetworkTotalsTests
{
    [Fact]   // The model keeps every run and sorts them.
    public void Totals_agree_with_a_list_of_all_runs_also_after_being_stored() =>
        Gen.Select(Gen.Double[0, 5_000], Gen.Double[1, 20_000], Gen.Bool).List[1, 60].Sample(runs =>
        {
            var totals = new NetworkTotals(new());
            for (var i = 0; i < runs.Count; i++)
            {
                Assert.True(totals.Add(Result(i, runs[i].Item1, runs[i].Item2, runs[i].Item3)));
                Assert.False(totals.Add(Result(i, 1, 1, true)));
                if (i % 7 == 0) totals = new(totals.Stored);
            }

            var metrics = totals.Metrics();
            Assert.Equal(runs.Count, metrics.Runs);
            Assert.Equal(runs.Average(run => run.Item1), metrics.CoordinationOverheadMs.Mean!.Value, 6);
            Near(Exact(runs.Select(run => run.Item1), 50), metrics.CoordinationOverheadMs.P50!.Value);
            Near(Exact(runs.Select(run => run.Item2), 99), metrics.LatencyMs.P99!.Value);
            Assert.Equal((double)runs.Count(run => !run.Item3) / runs.Count, metrics.ErrorRate!.Value, 9);
        });

    [Fact]
    public void Without_runs_there_is_no_percentile() => Assert.Null(new NetworkTotals(new()).Metrics().LatencyMs.P50);

    private static double Exact(IEnumerable<double> values, double percentile)
    {
        var sorted = values.Order().ToList();
        return sorted[Math.Max(1, (int)((percentile / 100 * sorted.Count) + 0.5)) - 1];   // The rank that HdrHistogram takes: the nearest.
    }

    private static void Near(double exact, double measured) => Assert.InRange(measured, (exact * 0.98) - 0.02, (exact * 1.02) + 0.02);

    private static RunResult Result(int number, double overhead, double wall, bool good) => new()
    {
        Run = RunId.Make(new(new("default"), "c"), $"r{number}"),
        Network = "default",
        Status = good ? RunStatus.Completed : RunStatus.Failed,
        CoordinationOverheadMs = overhead,
        WallMs = wall,
    };
}
