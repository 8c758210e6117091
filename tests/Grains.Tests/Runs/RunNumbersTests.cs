using System.Collections.Immutable;
using CsCheck;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Tenants;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

public sealed class RunNumbersTests
{
    [Fact]
    public void N1_Of_a_producer_only_the_time_up_to_the_releasing_publish_is_on_the_path()
    {
        var steps = States(Step("a", [], ["k"]), Step("b", ["k"], ["m"]));
        var timeline = new RunTimeline(Start, 2);
        timeline.Ready(0, null, At(10));
        timeline.Mark(0, 1, "queue", At(30));
        timeline.Ready(1, 0, At(130));   // Released by a publish in the middle of a's work.
        timeline.Mark(1, 1, "dispatch", At(140));
        timeline.Mark(0, 1, "work", At(230));
        timeline.Mark(0, 1, "commit", At(240));
        timeline.Mark(1, 1, "work", At(440));
        timeline.Mark(1, 1, "conflict", At(470));
        timeline.Mark(1, 1, "commit", At(480));
        foreach (var step in steps) Accept(step, 1);

        var path = CriticalPath.Of(timeline, steps, At(500));

        Assert.Equal(
            ["dispatch 10", "queue 20 a", "work 100 a", "dispatch 10 b", "work 300 b", "conflict 30 b", "commit 10 b", "merge 20"],
            path.Select(part => $"{part.Kind} {part.Ms} {part.Step}".TrimEnd()));
    }

    [Fact]
    public void N1_Work_of_an_attempt_that_was_not_accepted_is_rework()
    {
        var steps = States(Step("a", [], ["k"]));
        var timeline = new RunTimeline(Start, 1);
        timeline.Ready(0, null, At(0));
        timeline.Mark(0, 1, "work", At(1300));
        timeline.Mark(0, 2, "backoff", At(1400));
        timeline.Mark(0, 2, "work", At(4800));
        Accept(steps[0], 2);
        Assert.Equal(["rework 1300", "backoff 100", "work 3400", "merge 200"], CriticalPath.Of(timeline, steps, At(5000)).Select(part => $"{part.Kind} {part.Ms}"));
    }

    [Fact]   // The model asks of each step, going up its reads one by one, whether a bad step is above it.
    public void N2_Prevented_cascades_are_counted_as_on_the_graph() =>
        Gen.Select(Gen.Int[0, 3].Array[0, 3], Gen.Bool, Gen.Bool).Array[1, 9].Sample(shape =>
        {
            var steps = States([.. shape.Select((s, i) => Step($"s{i}", [.. s.Item1.Select(back => i - 1 - back).Where(j => j >= 0).Distinct().Select(j => $"k{j}")], [$"k{i}"]))]);
            var bad = steps.Where(step => shape[step.Index].Item2).ToArray();
            var attempts = bad.Select(step => new AttemptView { Step = step.Plan.Id, Agent = "x", Attempt = 1, Outcome = AttemptOutcome.Rejected });
            foreach (var step in steps.Where(step => shape[step.Index].Item3 && Parents(step).Any(bad.Contains))) step.RestsOn.Add((Parents(step).First(bad.Contains).Index, 1));

            var expected = steps.Count(step => step.RestsOn.Count == 0 && Parents(step).Any(IsBelowBad));
            Assert.Equal(expected, RunNumbers.CascadePrevented(StepGraph.Of([.. steps.Select(step => step.Plan)]), steps, attempts));

            IEnumerable<StepState> Parents(StepState step) => step.Plan.Reads.Select(read => steps.Single(other => other.Plan.Writes[0] == read.Key));
            bool IsBelowBad(StepState step) => bad.Contains(step) || Parents(step).Any(IsBelowBad);
        });

    [Fact]   // The naive arm of W1: 5,900 = 3,400 + 1,300 rework + 1,200.
    public void N1_The_series_of_W1_is_3400_of_work_1300_of_rework_and_1200_of_merging()
    {
        var steps = States(Step("a", [], ["plan"]), Step("b", ["plan"], ["facts"]), Step("c", ["facts"], ["answer"]));
        var timeline = new RunTimeline(Start, 3);
        timeline.Ready(0, null, At(0));
        timeline.Mark(0, 1, "work", At(800));
        timeline.Ready(1, 0, At(800));
        timeline.Mark(1, 1, "work", At(2_100));
        timeline.Ready(2, 1, At(2_100));
        timeline.Mark(2, 1, "work", At(3_400));   // Failed, and was done again.
        timeline.Mark(2, 2, "work", At(4_700));
        foreach (var step in steps) Accept(step, step.Index == 2 ? 2 : 1);

        var path = CriticalPath.Of(timeline, steps, At(5_900));

        double Sum(string kind) => path.Where(part => part.Kind == kind).Sum(part => part.Ms);
        Assert.Equal((3_400.0, 1_300.0, 1_200.0, 5_900.0), (Sum("work"), Sum("rework"), Sum("merge"), path.Sum(part => part.Ms)));
    }

    [Fact]
    public void Usage_by_agent_sums_to_the_runs_and_leaves_out_what_runs_below_used()
    {
        var run = DriveScript.Of(Request(Step("a", ["x"], ["k"]), Step("b", ["k"], ["m"])), ("x", "\"0123456789\""));
        run.Complete("a", new Agents.Completion { Writes = [new(new("k"), JsonValue.Parse("\"abcdefgh\""))], Usage = new(100, 20, 0.5m) });
        run.Complete("b", new Agents.Completion { Writes = [new(new("m"), JsonValue.Parse("1"))], Usage = new(7, 0, 0.25m) });

        var result = run.Result;
        Assert.Equal([("a", 1L, 120L, 0.5m), ("b", 1L, 7L, 0.25m)], result.ByAgent.Select(used => (used.Agent, used.Attempts, used.WorkTokens, used.CostUsd)));
        Assert.Equal(result.WorkTokens, result.ByAgent.Sum(used => used.WorkTokens));
        Assert.Equal(result.CoordinationTokens, result.ByAgent.Sum(used => used.CoordinationTokens));
        Assert.All(result.ByAgent, used => Assert.True(used.CoordinationTokens > 0));
        Assert.Equal((127L, 0.75m), RunNumbers.OwnUse(result));
        Assert.Equal((127L, 0.75m), RunNumbers.OwnUse(result with { WorkTokens = 1_000, CostUsd = 9, Children = ["c.r9"] }));
    }

    [Fact]
    public void What_came_after_the_end_counts_for_its_agent()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"])));
        run.Complete("a", new Agents.Completion { Writes = [new(new("k"), JsonValue.Parse("1"))], Usage = new(10) });
        var late = RunNumbers.With(run.Result, new() { Step = "a", Agent = "z", Attempt = 1, Usage = new(5, 1, 0.1m) }, []);
        Assert.Equal([("a", 10L), ("z", 6L)], late.ByAgent.Select(used => (used.Agent, used.WorkTokens)));
        Assert.Equal(late.WorkTokens, late.ByAgent.Sum(used => used.WorkTokens));
        var charged = RunNumbers.With(late, new() { Step = "a", Agent = "z", Attempt = 2, Usage = new(500_000, 100_000) }, [new Price("z", 2m, 10m)]);
        Assert.Equal((2.1m, 2.1m), (charged.CostUsd, charged.ByAgent.Sum(used => used.CostUsd)));
    }

    [Fact]
    public void Usage_without_a_cost_is_charged_at_the_networks_price()
    {
        var budget = new RunBudget(null, [new Price("a", 2m, 10m)], TenantId.Default, new());
        budget.Settle("a", "s", 1, new(500_000, 100_000));
        budget.Settle("a", "s", 2, new(1, 1, 0.5m));
        budget.Settle("b", "s", 3, new(1, 1));
        Assert.Equal((600_004L, 2.5m), (budget.Tokens, budget.CostUsd));
    }

    [Fact]   // PROTOCOL-runs §5. A call reserves what 95 of 100 answers of its agent stay within, or all that is left while nothing is known.
    public void Spending_passes_a_token_budget_only_by_what_calls_used_beyond_their_reservation() =>
        Gen.Select(Gen.Int[1, 50].Array[1, 60], Gen.Int[1, 900]).Sample((uses, limit) =>
        {
            var budget = new RunBudget(new(Tokens: limit), [], TenantId.Default, new());
            var open = new Queue<(int Call, long Reserved)>();
            var (next, beyond, answers) = (0, 0L, new List<long>());
            while (true)
            {
                if (next < uses.Length && budget.TryReserve("a", "s", next))
                {
                    open.Enqueue((next++, answers.Count == 0 ? limit : P95(answers)));
                    continue;
                }

                if (!open.TryDequeue(out var ended)) break;
                beyond += Math.Max(0, uses[ended.Call] - ended.Reserved);
                answers.Add(uses[ended.Call]);
                budget.Settle("a", "s", ended.Call, new(uses[ended.Call]));
            }

            Assert.True(budget.Tokens <= limit + beyond);
            Assert.True(next == uses.Length || budget.IsSpent || budget.Tokens + P95(answers) > limit);
        });

    [Fact]
    public void What_an_agent_uses_once_in_a_hundred_answers_holds_nobody_back_and_runs_learn_of_each_other()
    {
        var uses = new AgentUses();
        var first = new RunBudget(new(Tokens: 100_000), [], TenantId.Default, uses);
        for (var call = 0; call < 40; call++) first.Settle("a", "s", call, new(call == 7 ? 5_000 : 10));
        var second = new RunBudget(new(Tokens: 100), [], TenantId.Default, uses);
        Assert.Equal(10, Enumerable.Range(0, 100).TakeWhile(call => second.TryReserve("a", "s", call)).Count());
        var stranger = new RunBudget(new(Tokens: 100), [], new("other"), uses);
        Assert.Equal([true, false], new[] { stranger.TryReserve("a", "s", 1), stranger.TryReserve("a", "s", 2) });
    }

    [Fact]
    public void Who_fails_without_saying_what_he_used_teaches_nothing_and_who_is_lost_is_charged_what_he_had_reserved()
    {
        var budget = new RunBudget(new(Tokens: 120), [], TenantId.Default, new());
        budget.Settle("a", "s", 1, new(), isAnswer: false);
        Assert.Equal([true, false], new[] { budget.TryReserve("a", "s", 2), budget.TryReserve("a", "s", 3) });
        budget.Settle("a", "s", 2, new(40));
        Assert.True(budget.TryReserve("a", "s", 3));
        budget.Abandon("s", 3);
        Assert.True(budget.TryReserve("a", "s", 4));
        Assert.False(budget.TryReserve("a", "s", 5));
    }

    [Fact]   // All that was left was no guess of what it uses, also when others have answered since.
    public void Who_is_lost_gives_back_all_that_was_left_although_its_agent_is_known_by_now()
    {
        var uses = new AgentUses();
        var budget = new RunBudget(new(Tokens: 100), [], TenantId.Default, uses);
        Assert.True(budget.TryReserve("a", "s", 1));
        uses.Note(new(TenantId.Default, "a"), 10, 0);

        budget.Abandon("s", 1);

        Assert.True(budget.TryReserve("a", "s", 2));
    }

    [Fact]
    public void What_an_agent_declares_as_the_most_is_reserved_whatever_was_seen()
    {
        var uses = new AgentUses();
        for (var call = 0; call < 10; call++) uses.Note(new(TenantId.Default, "a"), 90, 0.9m);
        var budget = new RunBudget(new(Tokens: 100, CostUsd: 1m), [], TenantId.Default, uses, [new("a", new(Tokens: 25, CostUsd: 0.1m)), new("b", new(Tokens: 20))]);
        Assert.Equal(4, Enumerable.Range(0, 10).TakeWhile(call => budget.TryReserve("a", "s", call)).Count());
        budget.Settle("a", "s", 0, new(5));
        Assert.True(budget.TryReserve("b", "s", 100));   // Of its cost nothing is known: all that is left.
        Assert.False(budget.TryReserve("b", "s", 101));
    }

    [Fact]
    public void A_call_that_may_use_more_than_is_left_does_not_start()
    {
        var budget = new RunBudget(new(Tokens: 1_000), [], TenantId.Default, new(), [new("a", new(Tokens: 500))]);
        budget.Settle("b", "s", 1, new(990), isAnswer: false);

        Assert.Equal([false, true], new[] { budget.TryReserve("a", "s", 2), budget.TryReserve("b", "s", 2) });
        Assert.Equal((1, 0L), (budget.Calls, budget.Reserved("s", 1).Tokens));
    }

    [Fact]   // It was started by an earlier driver, which knew another use of the agent.
    public void An_attempt_that_is_at_work_is_counted_and_reserved_whether_it_fits_or_not()
    {
        var budget = new RunBudget(new(Tokens: 100, Calls: 2), [], TenantId.Default, new(), [new("a", new(Tokens: 80))]);
        for (var attempt = 1; attempt <= 3; attempt++) budget.Adopt("a", $"s{attempt}", attempt);

        Assert.Equal((3, 80L), (budget.Calls, budget.Reserved("s3", 3).Tokens));
        Assert.False(budget.TryReserve("a", "s", 4));
    }

    [Fact]   // The model sorts all that it has seen.
    public void What_95_of_100_answers_stay_within_is_that_of_the_last_hundred() =>
        Gen.Int[0, 1_000].Array[1, 250].Sample(answers =>
        {
            var uses = new AgentUses();
            foreach (var answer in answers) uses.Note(new(TenantId.Default, "a"), answer, answer / 1_000m);
            var expected = P95(answers.TakeLast(AgentUses.Kept).Select(answer => (long)answer));
            Assert.Equal((expected, expected / 1_000m), uses.P95(new(TenantId.Default, "a")));
        });

    private static long P95(IEnumerable<long> answers)
    {
        var sorted = answers.Order().ToArray();
        return sorted[Enumerable.Range(1, sorted.Length).First(within => 100 * within >= 95 * sorted.Length) - 1];
    }

    private static DateTimeOffset At(int ms) => Start.AddMilliseconds(ms);

    private static StepState[] States(params TaskStep[] steps) => [.. steps.Select((step, i) => new StepState(
        new() { Id = step.Id, Agent = step.Agent!, Goal = "g", Reads = step.Reads, Writes = step.Writes, Timeout = TimeSpan.FromSeconds(1), AgentRevision = 1 }, i))];

    private static void Accept(StepState step, int attempt)
    {
        step.Phase = StepPhase.Done;
        step.Attempt = attempt;
        step.Done = new() { Step = step.Plan.Id, Agent = step.Agent, Attempt = attempt, Outcome = AttemptOutcome.Accepted };
        step.Wrote = [.. step.Plan.Writes.Select(write => new ContextKey(write.Value))];
        step.Read = [.. step.Plan.Reads.Select(read => read.Key)];
    }
}
