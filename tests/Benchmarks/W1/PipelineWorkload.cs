using System.Collections.Immutable;
using System.Globalization;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Verdicts;
using Rosud.Workloads;

namespace Rosud.W1;

/// <summary>W1: the five-agent pipeline, alone, without a coordinator, and with rosud.</summary>
internal sealed class PipelineWorkload : Workload
{
    private const int InFlight = 64;

    public override string Name => "W1";

    public override string About => "the pipeline of five agents, in simulation";

    protected override async Task Measure(Bench bench)
    {
        bench.Notes.Remark(string.Create(CultureInfo.InvariantCulture, $"In simulation: agents wait instead of thinking, {bench.Scale:0.##} times faster than they would; all times are reported at scale 1."));
        bench.Notes.Remark("Tokens of coordination are one per four bytes of what an attempt is handed.");
        var pairs = new List<(Outcome Naive, Outcome Rosud)>();
        for (var repetition = 0; repetition < bench.Choose(5, 1); repetition++)
        {
            var seed = bench.Seed + repetition;
            await bench.Attempt($"seed {seed}", () => Round(bench, seed, pairs));
        }

        if (pairs.Count > 0) Pooled(bench, pairs);
    }

    protected override ImmutableArray<Check> Judge(Notebook notes) =>
    [
        notes.Check("single: p50", Goal.AtLeast(3_000)), notes.Check("single: p50", Goal.AtMost(3_300)),
        notes.Check("single: cost", Goal.AtMost(0.0121)),
        notes.Check("single: errors", Goal.AtLeast(6)), notes.Check("single: errors", Goal.AtMost(10)),
        notes.Check("naive: p50", Goal.AtLeast(5_700)), notes.Check("naive: p50", Goal.AtMost(6_100)),
        notes.Check("naive: tokens", Goal.AtLeast(24_500)), notes.Check("naive: tokens", Goal.AtMost(25_500)),
        notes.Check("naive: cost", Goal.AtLeast(0.07275)), notes.Check("naive: cost", Goal.AtMost(0.07725)),
        notes.Check("naive: errors", Goal.AtLeast(20)), notes.Check("naive: errors", Goal.AtMost(26)),
        notes.Check("naive: coordination_overhead_ms", Goal.AtLeast(1_140)), notes.Check("naive: coordination_overhead_ms", Goal.AtMost(1_260)),
        notes.Check("rosud: p50", Goal.AtMost(1_800)),
        notes.Check("rosud: p95", Goal.AtMost(2_400)),
        notes.Check("rosud: agents fired", Goal.AtMost(3)), notes.Check("rosud: agents needed", Goal.AtLeast(3)),
        notes.Check("rosud: coordination tokens", Goal.AtMost(800)),
        notes.Check("rosud: cost", Goal.AtMost(0.0395)),
        notes.Check("rosud: cost against naive", Goal.AtMost(-46)),
        notes.Check("rosud: errors, pooled", Goal.AtMost(6)),
        notes.Of("rosud: errors") is { } errors ? new("rosud: errors, worst seed", errors.Spread.Max, Goal.AtMost(7.5), errors.Unit) : notes.Check("rosud: errors", Goal.AtMost(7.5)),
        notes.Check("rosud: missed its 3,000 ms, pooled", Goal.AtMost(1)),
        notes.Check("McNemar's exact p of rosud against naive", Goal.AtMost(0.001)),
    ];

    private static async Task Round(Bench bench, int seed, List<(Outcome, Outcome)> pairs)
    {
        var tasks = bench.Choose(1_420, 48);
        var inFlight = bench.Choose(InFlight, 16);
        var agents = new SimulatedAgents(seed, bench.Scale);
        var (single, naive, rosud) = (new Outcome[tasks], new Outcome[tasks], new Outcome[tasks]);
        await using (var uncoordinated = await UncoordinatedArms.Start(agents))
        {
            await Batch.Run(tasks, inFlight, async (_, task) => single[task] = await uncoordinated.Single(task, bench.Stopped), bench.Stopped);
            await Batch.Run(tasks, inFlight, async (_, task) => naive[task] = await uncoordinated.Naive(task, bench.Stopped), bench.Stopped);
        }

        var settings = HostSettings.New($"w1-{seed}").OnSqlite(bench.NewFolder($"w1-{seed}"));
        await using (var arm = await RosudArm.Start(agents, settings, inFlight))
        {
            // A cold host is slow, and attempts that a deadline cuts off count as failures of their agents: these have time.
            for (var warm = 0; warm < 3; warm++) await Batch.Run(inFlight, inFlight, (lane, task) => arm.Run(lane, -1 - (warm * inFlight) - task, 60, bench.Stopped), bench.Stopped);
            await Batch.Run(tasks, inFlight, async (lane, task) => rosud[task] = await arm.Run(lane, task, Pipeline.TimeoutSeconds, bench.Stopped), bench.Stopped);
        }

        Note(bench, "single", single);
        Note(bench, "naive", naive);
        Note(bench, "rosud", rosud);
        bench.Notes.Note("rosud: cost against naive", "%", 100 * ((rosud.Average(one => one.CostUsd) / naive.Average(one => one.CostUsd)) - 1));
        bench.Notes.Note("rosud: tokens that declared reads hand over", "tokens", rosud.Average(one => one.CoordinationTokens));
        bench.Notes.Note("rosud: tokens that whole contexts would hand over", "tokens", rosud.Average(one => one.WholeContextTokens));
        foreach (var problem in rosud.Select(one => one.Problem).OfType<string>().Take(3)) bench.Notes.Remark($"seed {seed}, a run that did not complete: {problem}");
        pairs.AddRange(naive.Zip(rosud));
    }

    private static void Note(Bench bench, string arm, Outcome[] outcomes)
    {
        var latencies = new Latencies();
        foreach (var outcome in outcomes) latencies.Add(TimeSpan.FromMilliseconds(outcome.Ms));
        foreach (var percent in new[] { 50, 95, 99 }) bench.Notes.Note($"{arm}: p{percent}", "ms", latencies.PercentileMs(percent));
        bench.Notes.Note($"{arm}: tokens", "tokens", outcomes.Average(one => one.Tokens));
        bench.Notes.Note($"{arm}: coordination tokens", "tokens", outcomes.Average(one => one.CoordinationTokens));
        bench.Notes.Note($"{arm}: cost", "$", outcomes.Average(one => one.CostUsd));
        bench.Notes.Note($"{arm}: errors", "%", 100.0 * outcomes.Count(one => !one.Right) / outcomes.Length);
        bench.Notes.Note($"{arm}: coordination_overhead_ms", "ms", Median(outcomes.Select(one => one.OverheadMs)));
        bench.Notes.Note($"{arm}: agents fired", "agents", outcomes.Average(one => one.Fired));
        // An agent is needed by an accepted output: a run that did not complete has not all of them.
        bench.Notes.Note($"{arm}: agents needed", "agents", outcomes.Where(one => one.Problem is null).Select(one => (double)one.Needed).DefaultIfEmpty().Average());
        var tally = bench.Arm(arm);
        tally.Add(latencies);
        foreach (var one in outcomes) tally.Ran(one.Right, one.OverheadMs, one.Fired, one.Needed, one.Tokens, one.CoordinationTokens, one.CostUsd);
    }

    private static void Pooled(Bench bench, List<(Outcome Naive, Outcome Rosud)> pairs)
    {
        bench.Notes.Note("rosud: errors, pooled", "%", 100.0 * pairs.Count(pair => !pair.Rosud.Right) / pairs.Count);
        bench.Notes.Note("rosud: missed its 3,000 ms, pooled", "%", 100.0 * pairs.Count(pair => pair.Rosud.MissedDeadline) / pairs.Count);
        var (only, other) = (pairs.Take(1_420).Count(pair => pair.Rosud.Right && !pair.Naive.Right), pairs.Take(1_420).Count(pair => !pair.Rosud.Right && pair.Naive.Right));
        bench.Notes.Note("McNemar's exact p of rosud against naive", "", SignTest.P(only, other));
        bench.Notes.Remark(string.Create(CultureInfo.InvariantCulture, $"McNemar over the {Math.Min(1_420, pairs.Count):#,0} pairs of the first seed: {only} right with rosud alone, {other} right without it alone."));
    }

    private static double Median(IEnumerable<double> values) => new Spread(values).Median;
}
