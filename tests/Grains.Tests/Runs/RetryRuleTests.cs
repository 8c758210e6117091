using Rosud.Agents;
using Rosud.Context;
using Rosud.Tenants;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

/// <summary>SEMANTICS R9, R10, R12, R13 and R15: what follows an attempt that was not accepted.</summary>
public sealed class RetryRuleTests
{
    [Fact]
    public void R9_The_idempotency_key_is_of_run_step_and_view()
    {
        var run = DriveScript.Of(Request(Step("a", ["x"], ["k"]), Step("b", ["x"], ["m"])), ("x", "1"));
        var first = run.Running("a").IdempotencyKey;
        Assert.NotEqual(first, run.Running("b").IdempotencyKey);
        run.Fail("a");
        Assert.Equal(first, run.Running("a").IdempotencyKey);
        run.Crash();
        Assert.Equal(first, run.Running("a").IdempotencyKey);
        run.Write("x", "2");
        Assert.NotEqual(first, run.Running("a").IdempotencyKey);
    }

    [Fact]
    public void R10_What_is_missing_because_it_was_optional_or_skipped_makes_a_run_partial()
    {
        var optional = DriveScript.Of(Request(Step("a", [], ["k"]) with { Optional = true }, Step("b", [], ["m"])));
        optional.Complete("b", ("m", "1"));
        optional.Fail("a", retryable: false);
        Assert.Equal(RunStatus.Partial, optional.Result.Status);
        Assert.NotNull(optional.Result.ProblemDetail);
    }

    [Fact]
    public void R10_The_first_cause_names_the_status_and_the_problem_and_other_needed_steps_still_run()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"]), Step("c", ["k"], ["n"]), Step("b", [], ["m"]), Step("d", ["m"], ["o"])));
        run.Fail("a", retryable: false, "The paper was empty.");
        Assert.False(run.Result.HasEnded);
        run.Complete("b", ("m", "1"));
        run.Complete("d", ("o", "1"));
        Assert.Equal(["a", "b", "d"], run.Steps);
        Assert.Equal(RunStatus.Failed, run.Result.Status);
        Assert.Equal("Step a: The paper was empty.", run.Result.ProblemDetail);
        Assert.Equal("1", run.Outputs["o"]);
    }

    [Fact]
    public void R10_Whenever_the_deadline_ended_it_a_run_is_deadline_exceeded()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"]), Step("b", [], ["m"])));
        run.Fail("a", retryable: false);
        run.Wait(TimeSpan.FromSeconds(31));
        Assert.Equal(RunStatus.DeadlineExceeded, run.Result.Status);
        Assert.NotNull(run.Result.ProblemDetail);
    }

    [Fact]
    public void R12_All_steps_and_causes_share_three_retries_and_what_the_platform_lost_is_not_charged()
    {
        var run = DriveScript.Of(Request(Step("a", ["x"], ["k"]), Step("b", [], ["m"])), ("x", "1"));
        run.Settle("b", SettlementKind.Lost);
        run.Fail("a");
        run.Write("x", "2");
        run.Complete("b", ("undeclared", "1"));
        Assert.Equal((1, 1, 1, 1), (Count("failure"), Count("stale"), Count("acceptance"), Count("lost")));
        run.Fail("b");
        Assert.False(run.Result.HasEnded);
        run.Complete("a", ("k", "1"));
        Assert.Equal(RunStatus.Failed, run.Result.Status);

        int Count(string cause) => run.Result.RetriesByCause.GetValueOrDefault(cause);
    }

    [Fact]
    public void R12_A_step_with_three_failed_attempts_gets_no_more_although_the_budget_has_some()
    {
        var run = new DriveScript(Accept(Request(Step("a", [], ["k"]), Step("b", [], ["m"])), retryBudget: 10));
        for (var i = 0; i < 3; i++) run.Fail("a");
        Assert.Equal(3, run.Steps.Count(step => step == "a"));
        run.Complete("b", ("m", "1"));
        Assert.Equal(RunStatus.Failed, run.Result.Status);
    }

    [Fact]
    public void R12_A_step_may_be_deferred_ten_times_and_a_deferral_costs_nothing_but_time()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"])) with { Timeout = TimeSpan.FromHours(1) });
        for (var i = 0; i < 10; i++)
        {
            run.Settle("a", SettlementKind.Deferred, deferred => deferred with { RetryAfter = TimeSpan.FromSeconds(2) });
            Assert.Equal(i + 1, run.Fired.Count);
            run.Wait(TimeSpan.FromSeconds(2));
        }

        Assert.All(run.Retried, retry => Assert.False(retry.Charged));
        Assert.Equal(11, run.Fired.Count);
        run.Settle("a", SettlementKind.Deferred);
        Assert.Equal(RunStatus.Overloaded, run.Result.Status);
    }

    [Fact]
    public void R12_A_deferral_without_a_time_is_a_second_and_one_that_does_not_fit_ends_the_step()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"])) with { Timeout = TimeSpan.FromSeconds(3) });
        run.Settle("a", SettlementKind.Deferred);
        run.Wait(TimeSpan.FromMilliseconds(999));
        Assert.Single(run.Fired);
        run.Wait(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, run.Fired.Count);
        run.Settle("a", SettlementKind.Deferred, deferred => deferred with { RetryAfter = TimeSpan.FromSeconds(2) });
        Assert.Equal(RunStatus.Overloaded, run.Result.Status);
    }

    [Fact]
    public void R13_Retry_with_fresh_hands_the_next_attempt_the_new_view_and_what_changed()
    {
        var run = Stale(OnStaleContext.RetryWithFresh);
        Assert.Single(run.Superseded);
        var fresh = run.Running("a");
        Assert.Equal(("2", "x"), (fresh.Context.Entries[0].Value.ToString(), Assert.Single(fresh.Changed!.Keys).Value));
        Assert.Equal(run.Fired[0].Context.Version, fresh.Changed.Since);
    }

    [Fact]
    public void R13_Flag_commits_all_the_same()
    {
        var run = Stale(OnStaleContext.Flag);
        Assert.Empty(run.Superseded);
        run.Complete("a", ("k", "1"));
        Assert.Equal((RunStatus.Completed, 1), (run.Result.Status, run.Fired.Count));
        Assert.True(run.Result.StaleContextEvents["behind"] == 1);
    }

    [Fact]
    public void R13_Reject_ends_the_step_without_a_retry()
    {
        var run = Stale(OnStaleContext.Reject);
        Assert.Equal(SettleKind.Stale, Assert.IsType<SettleOutcome.Settled>(run.Complete("a", ("k", "1"))).Kind);
        Assert.Equal((RunStatus.Rejected, 1), (run.Result.Status, run.Fired.Count));
    }

    [Fact]
    public void R13_A_step_whose_reads_keep_changing_is_stale_exhausted_after_its_retries()
    {
        var run = Stale(OnStaleContext.RetryWithFresh);
        for (var i = 3; i < 9 && !run.Result.HasEnded; i++)
        {
            run.Write("x", $"{i}");
            if (run.Retried.Count == 3) break;
        }

        run.Write("x", "10");
        run.Complete("a", ("k", "1"));
        Assert.Equal((RunStatus.StaleExhausted, 4), (run.Result.Status, run.Fired.Count));
    }

    [Fact]
    public void R13_The_last_try_makes_other_writers_wait_and_starts_on_what_is_there_then()
    {
        var run = Stale(OnStaleContext.RetryWithFresh);
        Assert.Empty(run.Intents);
        run.Write("x", "3");
        run.Write("x", "4");
        Assert.Equal(("a", "x"), (Assert.Single(run.Intents).Step, run.Intents[0].Reads.Single().Value));
        Assert.Equal("4", run.Running("a").Context.Entries.Single().Value.ToString());
        run.Complete("a", ("k", "1"));
        Assert.Equal((RunStatus.Completed, 3), (run.Result.Status, run.Result.RetriesByCause["stale"]));
    }

    [Fact]
    public void R13_A_retry_that_the_agent_cannot_end_in_time_is_not_made()
    {
        var request = Request(Step("a", ["x"], ["k"]), Step("first", [], ["go"])) with { Timeout = TimeSpan.FromSeconds(10) };
        foreach (var (median, isMade) in new[] { (4, true), (6, false) })
        {
            var run = DriveScript.Of(request, ("x", "1"));
            run.Median = TimeSpan.FromSeconds(median);
            run.Fail("a");
            run.Wait(TimeSpan.FromSeconds(5));
            run.Write("x", "2");
            Assert.Equal(isMade ? 3 : 2, run.Steps.Count(step => step == "a"));
        }
    }

    [Fact]
    public void R13_Rebase_hands_the_running_attempt_what_changed_and_its_commit_names_the_new_version()
    {
        var run = Rebasing(("x", "1"), ("y", "1"));
        var attempt = run.Running("a");
        run.Write("x", "2");
        run.Write("x", "3");
        Assert.Empty(run.Superseded);
        var last = run.Rebased[^1];
        Assert.Equal(("x", "3", attempt.Context.Version), (last.Change.Keys.Single().Value, last.Context.Entries.Single().Value.ToString(), last.Change.Since));
        Assert.Equal(["3", "1"], last.Into(attempt.Context).Entries.Select(entry => entry.Value.ToString()));
        run.Complete("a", new Completion { Writes = [new(new("k"), JsonValue.Null)], BasedOn = last.Context.Version });
        Assert.Equal((RunStatus.Completed, 1, last.Context.Version), (run.Result.Status, run.Fired.Count, run.Result.Attempts.Single().ReadVersion!.Value));
        Assert.Equal(1, run.Result.StaleContextEvents["behind"]);
    }

    [Fact]
    public void R13_An_attempt_that_does_not_take_in_what_changed_is_stale_and_one_that_names_what_it_never_saw_is_rejected()
    {
        var deaf = Rebasing(("x", "1"));
        deaf.Write("x", "2");
        deaf.Complete("a", ("k", "1"));
        Assert.Equal((AttemptOutcome.Stale, 2), (deaf.Result.Attempts[0].Outcome, deaf.Fired.Count));
        var liar = Rebasing(("x", "1"));
        liar.Complete("a", new Completion { Writes = [new(new("k"), JsonValue.Null)], BasedOn = new(77) });
        Assert.Equal(AttemptOutcome.Rejected, liar.Result.Attempts[0].Outcome);
    }

    [Fact]
    public void R13_Rebase_of_an_agent_that_cannot_is_retry_with_fresh()
    {
        var run = Stale(OnStaleContext.Rebase);
        Assert.Single(run.Superseded);
        Assert.Empty(run.Rebased);
        Assert.Equal("2", run.Running("a").Context.Entries.Single().Value.ToString());
    }

    [Fact]
    public void What_comes_late_is_kept_within_bounds_and_what_it_used_counts_once()
    {
        var run = DriveScript.Of(Request(Enumerable.Range(0, 40).Select(i => Step($"s{i}", [], [$"k{i}"]) with { Agent = "a" }).ToArray()));
        run.Cancel();
        foreach (var request in run.Fired.Concat(run.Fired))
        {
            var large = JsonValue.From(new string('x', 10_000));
            var answer = run.Settle(request, SettlementKind.Completed, settlement => settlement with { Completion = new() { Writes = [new(new("k"), large)], Usage = new(1, 1) } });
            Assert.Equal(ProblemKind.Fenced, Assert.IsType<SettleOutcome.Refused>(answer).Problem.Kind);
        }

        var late = run.Result.LateResults;
        Assert.Equal((LateResults.CountMax, 6), (late.Length, late.Count(view => !view.LateWrites.IsEmpty)));
        Assert.Equal(2 * LateResults.CountMax, run.Result.WorkTokens);
    }

    private static DriveScript Rebasing(params (string, string)[] context)
    {
        var request = Request(Step("a", [.. context.Select(entry => entry.Item1)], ["k"])) with { OnStaleContext = OnStaleContext.Rebase };
        var accepted = Accept(request, _ => true);
        return new(accepted with { Steps = [accepted.Steps[0] with { Rebase = true }] }, context);
    }

    [Fact]
    public void R15_A_fallback_that_has_begun_is_gone_on_with_by_whoever_drives()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"]) with { OnFailure = new(OnFailureKind.Fallback, Agent: "other") }));
        run.Refuse("other", new(Tenants.ProblemKind.Overloaded, "Full.") { RetryAfter = TimeSpan.FromSeconds(5) });
        run.Fail("a");
        run.Fail("a");
        run.Fail("a");   // The last retry is the other agent's, who has no room.
        run.Crash();
        run.Refuse("other", null);
        run.Wait(TimeSpan.FromSeconds(6));

        Assert.Equal(["a", "a", "a", "other"], run.Fired.Select(request => request.Assignment.Agent.Name));
        Assert.True(run.Fired[^1].Fallback);
        run.Complete("a", ("k", "1"));
        Assert.Equal((RunStatus.Completed, 3), (run.Result.Status, run.Retried.Count(begin => begin.Charged)));
    }

    [Theory]   // S3: the step's own limit, else that of the agent who has the attempt.
    [InlineData(null, 500, 20_000)]
    [InlineData(700, 700, 700)]
    public void S3_A_fallback_has_its_own_time_unless_the_step_says_how_long(int? step, int first, int fallback)
    {
        var request = Request(Step("a", [], ["k"]) with
        {
            OnFailure = new(OnFailureKind.Fallback, Agent: "other"),
            Timeout = step is { } limit ? TimeSpan.FromMilliseconds(limit) : null,
        });
        var agents = Registered("a", "other");
        agents["a"] = agents["a"] with { Spec = agents["a"].Spec with { Timeout = TimeSpan.FromMilliseconds(500) } };
        agents["other"] = agents["other"] with { Spec = agents["other"].Spec with { Timeout = TimeSpan.FromSeconds(20) } };
        var planned = ((ContractOutcome.Planned)Check(request, agents: agents)).Plan;
        var run = new DriveScript(planned.Accept(RunId.Make(new(Tenants.TenantId.Default, "c"), "r1"), request, new(), new(), default, Start));
        run.Fail("a", retryable: false);

        Assert.Equal([first, fallback], run.Fired.Select(fired => fired.Timeout.TotalMilliseconds));
    }

    [Fact]   // Decision 10.
    public void R12_An_attempt_that_left_the_queue_waits_only_when_time_for_the_work_is_left()
    {
        foreach (var (wait, isMade) in new[] { (26.0, true), (29.0, false) })
        {
            var run = DriveScript.Of(Request(Step("a", [], ["k"])) with { Timeout = TimeSpan.FromSeconds(30) });
            run.Settle("a", SettlementKind.CircuitOpen, settlement => settlement with { RetryAfter = TimeSpan.FromSeconds(wait) });
            run.Wait(TimeSpan.FromSeconds(wait));
            Assert.Equal(isMade ? 2 : 1, run.Fired.Count);
            Assert.Equal(isMade ? RunStatus.Working : RunStatus.CircuitOpen, run.Result.Status);
            Assert.Equal(isMade ? 1 : 0, run.Drive.Budget.Calls);   // Who was never handed out was never called.
        }
    }

    [Fact]
    public void R15_An_optional_step_is_waited_for_only_when_something_wanted_needs_it()
    {
        var request = Request(Step("a", [], ["k"]) with { Optional = true }, Step("b", ["k?"], ["out"]), Step("c", [], ["aside"]) with { Optional = true });
        var run = DriveScript.Of(request with { Task = request.Task with { Outputs = [new("out")] } });
        Assert.Equal(["a"], run.Steps);
        run.Fail("a", retryable: false);
        Assert.Equal(["a", "b"], run.Steps);
        run.Complete("b", ("out", "1"));
        Assert.Equal(RunStatus.Completed, run.Result.Status);
    }

    [Fact]
    public void R15_Default_values_pass_the_steps_schema_and_are_written_by_the_platform()
    {
        var step = Step("a", [], ["k"]) with { Acceptance = [new() { Schema = JsonValue.Parse("""{"type":"number"}""") }] };
        var good = DriveScript.Of(Request(step with { OnFailure = new(OnFailureKind.Default, [new(new("k"), JsonValue.Parse("5"))]) }));
        good.Fail("a", retryable: false);
        Assert.Equal((RunStatus.Completed, Origin.Platform), (good.Result.Status, Assert.Single(good.Read("k").Entries).Origin.Writer));
        var bad = DriveScript.Of(Request(step with { OnFailure = new(OnFailureKind.Default, [new(new("k"), JsonValue.Parse("\"five\""))]) }));
        bad.Fail("a", retryable: false);
        Assert.Equal(RunStatus.AcceptanceFailed, bad.Result.Status);
    }

    [Fact]
    public void R15_A_fallback_is_another_attempt_of_the_same_step_that_costs_a_retry_and_says_that_it_is_one()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"]) with { OnFailure = new(OnFailureKind.Fallback, Agent: "other") }));
        run.Fail("a", retryable: false);
        var other = run.Running("a");
        Assert.Equal(("other", true), (other.Assignment.Agent.Name, other.Fallback));
        Assert.True(Assert.Single(run.Retried).Charged);
        Assert.True(other.Assignment.Attempt > run.Fired[0].Assignment.Attempt);
        run.Complete("a", ("k", "1"));
        Assert.Equal(RunStatus.Completed, run.Result.Status);
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 1)]
    public void R15_What_cannot_succeed_goes_straight_to_on_failure(bool retryable, int attempts)
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"]) with { OnFailure = new(OnFailureKind.Default, [new(new("k"), JsonValue.Null)]) }));
        for (var i = 0; i < attempts; i++) run.Fail("a", retryable);
        Assert.Equal((RunStatus.Completed, attempts), (run.Result.Status, run.Fired.Count));
    }

    private static DriveScript Stale(OnStaleContext action)
    {
        var run = DriveScript.Of(Request(Step("a", ["x"], ["k"])) with { OnStaleContext = action }, ("x", "1"));
        run.Write("x", "2");
        return run;
    }
}
