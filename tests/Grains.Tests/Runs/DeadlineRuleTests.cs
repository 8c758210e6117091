using Rosud.Agents;
using Rosud.Context;
using Rosud.Supervision;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

/// <summary>SEMANTICS R14 and R17, limits of steps, and the budget.</summary>
public sealed class DeadlineRuleTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void R14_Time_left_travels_as_a_duration_that_is_shorter_at_each_hop()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"]), Step("b", ["k"], ["m"])) with { Timeout = 20 * Second });
        Assert.Equal(20 * Second, run.Running("a").TimeLeft);
        run.Wait(5 * Second);
        run.Complete("a", ("k", "1"));
        Assert.Equal(15 * Second, run.Running("b").TimeLeft);
    }

    [Fact]
    public void R14_An_assignment_has_what_is_left_when_it_is_handed_out_as_an_instant_and_as_a_duration()
    {
        var request = DriveScript.Of(Request(Step("a", [], ["k"]) with { Timeout = 8 * Second }) with { Timeout = 20 * Second }).Running("a");
        var arrived = Start.AddDays(3);   // The supervisor's clock is its own.
        var soon = Permit.HandOut(new(request, arrived), null, arrived + (2 * Second)).ToAssignment(arrived + (2 * Second));
        Assert.Equal((8 * Second, arrived + (10 * Second)), (soon.TimeLeft, soon.Deadline));
        var late = Permit.HandOut(new(request, arrived), null, arrived + (15 * Second)).ToAssignment(arrived + (15 * Second));
        Assert.Equal((5 * Second, arrived + (20 * Second)), (late.TimeLeft, late.Deadline));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(604_800_000, true)]
    [InlineData(604_800_001, false)]
    public void R14_A_timeout_is_a_millisecond_to_seven_days(long milliseconds, bool isGood) =>
        Assert.Equal(isGood ? [] : ["bad_timeout /timeout_ms"], Breaches(Check(Request(Step("a", [], ["k"])) with { Timeout = TimeSpan.FromMilliseconds(milliseconds) })));

    [Fact]
    public void R14_Left_out_a_timeout_is_thirty_seconds() => Assert.Equal(30 * Second, Request(Step("a", [], ["k"])).Timeout);

    [Fact]
    public void R14_After_the_deadline_nothing_of_the_run_is_committed_and_what_comes_late_is_fenced_and_kept()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"])) with { Timeout = 3 * Second });
        var request = run.Running("a");
        run.Wait(3 * Second);
        Assert.Equal(RunStatus.DeadlineExceeded, run.Result.Status);
        var late = run.Settle(request, SettlementKind.Completed, settlement => settlement with { Completion = new() { Writes = [new(new("k"), JsonValue.Null)], Usage = new(7, 3) } });
        Assert.Equal(Tenants.ProblemKind.Fenced, Assert.IsType<SettleOutcome.Refused>(late).Problem.Kind);
        Assert.Empty(run.Read("k").Entries);
        Assert.Equal((1, 10L), (run.Result.LateResults.Length, run.Result.WorkTokens));
    }

    [Fact]
    public void R17_A_running_attempt_is_told_when_its_threshold_passes_and_not_before()
    {
        var request = Request(Step("a", ["x"], ["k"]));
        var accepted = Plan(request, _ => true).Accept(RunId.Make(new(Tenants.TenantId.Default, "c"), "r1"), request, new() { Sync = new() { StalenessThreshold = Second } }, new(), default, Start);
        var run = new DriveScript(accepted, ("x", "1"));
        run.Write("x", "2");
        run.Wait(TimeSpan.FromMilliseconds(999));
        Assert.Empty(run.Superseded);
        run.Wait(TimeSpan.FromMilliseconds(1));
        Assert.Single(run.Superseded);
        Assert.Equal(Second, Assert.Single(run.Drive.Detections));
    }

    [Fact]
    public void A_step_that_takes_longer_than_its_limit_has_failed_once()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"]) with { Timeout = Second }));
        Assert.Equal(Second, run.Running("a").Timeout);
        run.Settle("a", SettlementKind.TimedOut);
        Assert.Equal((AttemptOutcome.Timeout, 1), (run.Result.Attempts[0].Outcome, run.Result.RetriesByCause["failure"]));
    }

    [Theory]
    [InlineData("tokens")]
    [InlineData("cost")]
    [InlineData("calls")]
    public void A_budget_is_never_passed_by_more_than_the_calls_in_flight(string kind)
    {
        var steps = Enumerable.Range(0, 20).Select(i => Step($"s{i}", [], [$"k{i}"]) with { Agent = "a" }).ToArray();
        var request = Request(steps);
        var budget = kind switch { "tokens" => new Budget(Tokens: 100), "cost" => new Budget(CostUsd: 1.00m), _ => new Budget(Calls: 7) };
        var run = DriveScript.Of(request with { Task = request.Task with { Budget = budget } });
        for (var i = 0; !run.Result.HasEnded; i++)
        {
            var step = run.Fired[i].Assignment.Step;
            run.Complete(step, new Completion { Writes = [new(new($"k{step[1..]}"), JsonValue.Null)], Usage = new(10, 5, 0.15m) });
        }

        Assert.Equal(RunStatus.BudgetExceeded, run.Result.Status);
        Assert.Equal(kind == "calls" ? 7 : 6, run.Fired.Count);   // The seventh would use more than is left.
        Assert.True(kind == "calls" || (run.Result.WorkTokens <= 100 && run.Result.CostUsd <= 1m));
    }
}
