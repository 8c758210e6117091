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

    [Fact]   // The model puts all runs into one network.
    public void Networks_added_together_are_as_one_network_with_all_their_runs() =>
        Gen.Select(Gen.Double[0, 5_000], Gen.Double[1, 20_000], Gen.Bool, Gen.Int[0, 2]).List[1, 60].Sample(runs =>
        {
            var (apart, one) = (new[] { new NetworkTotals(new()), new NetworkTotals(new()), new NetworkTotals(new()) }, new NetworkTotals(new()));
            for (var i = 0; i < runs.Count; i++)
            {
                var run = Result(i, runs[i].Item1, runs[i].Item2, runs[i].Item3) with { ByAgent = [new($"a{i % 4}", 1, i, 2, 0.5m)], WorkTokens = i, CostUsd = 0.5m, DetectionMs = [runs[i].Item1], MemoHits = 1, DuplicateWorkPrevented = 2 };
                apart[runs[i].Item4].Add(run);
                one.Add(run);
            }

            var together = new NetworkTotals(new());
            foreach (var network in apart) together.Add(network.Stored);
            var (expected, merged) = (one.Metrics(), together.Metrics());
            Assert.Equal((expected.Runs, expected.WorkTokens, expected.CostUsd, expected.MemoHits, expected.DuplicateWorkPrevented), (merged.Runs, merged.WorkTokens, merged.CostUsd, merged.MemoHits, merged.DuplicateWorkPrevented));
            Assert.Equal((expected.LatencyMs.P50, expected.LatencyMs.P95, expected.LatencyMs.P99), (merged.LatencyMs.P50, merged.LatencyMs.P95, merged.LatencyMs.P99));
            Assert.Equal((expected.DetectionMs.P50, expected.CoordinationOverheadMs.P99), (merged.DetectionMs.P50, merged.CoordinationOverheadMs.P99));
            Assert.Equal(expected.LatencyMs.Mean!.Value, merged.LatencyMs.Mean!.Value, 6);
            Assert.Equal(expected.ByAgent.ToArray(), merged.ByAgent.ToArray());
        });

    [Fact]
    public void A_run_and_those_below_it_are_not_counted_twice()
    {
        var totals = new NetworkTotals(new());
        totals.Add(Result(1, 0, 1, true) with { WorkTokens = 10, CostUsd = 1, ByAgent = [new("child", 1, 10, 0, 1)], Parent = "c.r2" });
        totals.Add(Result(2, 0, 1, true) with { WorkTokens = 15, CostUsd = 3, ByAgent = [new("parent", 1, 5, 0, 2)], Children = ["c.r1"] });

        var metrics = totals.Metrics();
        Assert.Equal((15L, 3m), (metrics.WorkTokens, metrics.CostUsd));
        Assert.Equal([("child", 10L), ("parent", 5L)], metrics.ByAgent.Select(agent => (agent.Agent, agent.WorkTokens)));
    }

    [Fact]
    public void Agents_beyond_the_first_1000_are_counted_together()
    {
        var totals = new AgentTotals();
        totals.Add([.. Enumerable.Range(0, 1_100).Select(i => new Agents.AgentUsage($"a{i}", 1, 2, 3, 4))]);
        totals.Add([new("a1", 1, 2, 3, 4), new("other", 1, 2, 3, 4)]);

        Assert.Equal(AgentTotals.AgentsMax + 1, totals.Stored.Length);
        Assert.Equal(101, totals.Stored.Single(agent => agent.Agent == AgentTotals.Others).Attempts);
        Assert.Equal(2, totals.Stored.Single(agent => agent.Agent == "a1").Attempts);
    }

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
