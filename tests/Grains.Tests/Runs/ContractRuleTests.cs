using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Tenants;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

/// <summary>SEMANTICS R4, R5, R8, R11 and R16: what may be asked and answered.</summary>
public sealed class ContractRuleTests
{
    [Fact]
    public void R4_Without_outputs_a_run_returns_what_no_other_step_reads()
    {
        var plan = Plan(Request(Step("a", [], ["k", "aside"]), Step("b", ["k"], ["out"]), Step("c", [], ["mode"]), Step("d", [], ["end"]) with { When = new(new("mode")) { Exists = true } }));
        Assert.Equal(["aside", "end", "out"], plan.Outputs.Select(output => output.Value).Order());
    }

    [Fact]
    public void R4_Nothing_wanted_is_a_problem()
    {
        var request = Request(Step("a", [], ["k"]));
        Assert.Equal(["nothing_wanted /task/outputs"], Breaches(Check(request with { Task = request.Task with { Outputs = [] } })));
    }

    [Fact]
    public void R4_A_pattern_returns_what_this_run_wrote_and_not_what_was_there()
    {
        var request = Request(Step("a", [], ["f.*"]));
        var run = DriveScript.Of(request with { Task = request.Task with { Outputs = [new("f.*")] } }, ("f.old", "1"));
        run.Complete("a", ("f.new", "2"));
        Assert.Equal(["f.new"], run.Outputs.Keys);
    }

    [Fact]
    public void R4_Outputs_hold_what_was_accepted_whatever_the_status()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"]), Step("b", [], ["m"])));
        run.Complete("a", ("k", "1"));
        run.Fail("b", retryable: false);
        Assert.Equal((RunStatus.Failed, "1"), (run.Result.Status, run.Outputs["k"]));
    }

    [Theory]
    [InlineData("k", "k", false, false)]
    [InlineData("k.*", "k.a", false, false)]
    [InlineData("k.a", "k.b", false, true)]
    [InlineData("k", "k", true, true)]
    public void R5_Overlapping_writes_are_a_problem_unless_one_step_comes_after_the_other(string one, string other, bool after, bool isGood)
    {
        var outcome = Check(Request(Step("a", [], [one]), Step("between", [], ["aside"], "a"), Step("b", [], [other], after ? ["between"] : [])));
        Assert.Equal(isGood ? [] : ["two_owners /task/steps/2/writes/0"], Breaches(outcome));
    }

    [Fact]
    public void R5_Or_unless_every_write_of_the_key_is_folded()
    {
        var spec = new ChannelSpec { Agents = ["a", "b"], Sync = new() { Keys = [new() { Pattern = new("log"), ConflictResolution = ConflictResolution.Merge, Merge = MergeKind.Append }] } };
        Assert.Empty(Breaches(Check(Request(Step("a", [], ["log"]), Step("b", [], ["log"])), spec: spec)));
        Assert.NotEmpty(Breaches(Check(Request(Step("a", [], ["log*"]), Step("b", [], ["log*"])), spec: spec)));
    }

    [Fact]
    public void R8_Equal_tasks_join_and_another_under_the_same_id_is_refused()
    {
        var known = (RunId.Make(new(TenantId.Default, "c"), "r1"), ContentHash.Of("one"u8));
        Assert.Equal(new CoordinateOutcome.Accepted(known.Item1, true), RunRules.Join(known, known.Item2));
        var refused = Assert.IsType<CoordinateOutcome.Refused>(RunRules.Join(known, ContentHash.Of("two"u8)));
        Assert.Equal(ProblemKind.IdempotencyMismatch, refused.Problem.Kind);
    }

    [Fact]
    public void R11_An_open_circuit_ends_the_step_at_once_unless_its_time_fits_the_deadline()
    {
        var open = new Problem(ProblemKind.CircuitOpen, "Open.") { RetryAfter = TimeSpan.FromSeconds(5) };
        var run = DriveScript.Of(Request(Step("a", [], ["k"]) with { Timeout = TimeSpan.FromSeconds(20) }, Step("b", [], ["m"])));
        run.Complete("a", ("k", "1"));
        run.Complete("b", ("m", "1"));
        Assert.Equal(RunStatus.Completed, run.Result.Status);

        var waits = Refused(open, OnFailureKind.Fail);
        Assert.False(waits.Result.HasEnded);
        waits.Refuse("a", null);
        waits.Wait(TimeSpan.FromSeconds(5));
        waits.Complete("a", ("k", "1"));
        Assert.Equal(RunStatus.Completed, waits.Result.Status);

        var late = Refused(open with { RetryAfter = TimeSpan.FromMinutes(5) }, OnFailureKind.Fail);
        Assert.Equal(RunStatus.CircuitOpen, late.Result.Status);
        Assert.Contains("Open.", late.Result.ProblemDetail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OnFailureKind.Skip)]
    [InlineData(OnFailureKind.Default)]
    [InlineData(OnFailureKind.Fallback)]
    public void R11_Whoever_may_stand_in_does_so_without_waiting_for_the_circuit(OnFailureKind kind)
    {
        var run = Refused(new(ProblemKind.CircuitOpen, "Open.") { RetryAfter = TimeSpan.FromSeconds(5) }, kind);
        if (kind == OnFailureKind.Fallback) run.Complete("a", ("k", "\"other\""));
        Assert.Equal(kind == OnFailureKind.Skip ? RunStatus.Partial : RunStatus.Completed, run.Result.Status);
    }

    [Fact]
    public void R16_A_completion_may_delete_write_null_and_narrow_what_it_relied_on()
    {
        var request = Request(Step("a", ["x", "y"], ["k", "old"]));
        var run = DriveScript.Of(request with { Task = request.Task with { Outputs = [new("k")] } }, ("x", "1"), ("y", "1"), ("old", "1"));
        run.Complete("a", new Completion { Writes = [new(new("k"), JsonValue.Null), new(new("old"), null)], Reads = [new("x")] });
        Assert.Equal("null", run.Outputs["k"]);
        Assert.Empty(run.Read("old").Entries);
        Assert.Equal(RunStatus.Completed, run.Result.Status);
    }

    [Fact]
    public void R16_A_key_that_was_narrowed_away_may_change_and_one_that_was_not_handed_may_not_be_named()
    {
        var run = Narrowed(new("x"));
        Assert.Equal(RunStatus.Completed, run.Result.Status);
        var wide = Narrowed(new("z"));
        Assert.Equal(AttemptOutcome.Rejected, wide.Result.Attempts[0].Outcome);
        var whole = Narrowed(null);
        Assert.Equal(AttemptOutcome.Stale, whole.Result.Attempts[0].Outcome);
    }

    [Fact]
    public void R16_An_undeclared_write_makes_the_whole_completion_rejected()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"])));
        var answer = Assert.IsType<SettleOutcome.Settled>(run.Complete("a", ("k", "1"), ("other", "2")));
        Assert.Equal(SettleKind.Rejected, answer.Kind);
        Assert.Empty(run.Read("*").Entries);
        Assert.Equal(1, run.Result.RetriesByCause["acceptance"]);
        var refused = Assert.IsType<SettleOutcome.Refused>(run.Publish("a", ("other", "2"), ("k", "1"), ("more", "3"))).Problem;
        Assert.Equal((ProblemKind.ContractRejected, "/writes/other /writes/more"), (refused.Kind, string.Join(' ', refused.Errors.Select(error => error.Pointer))));
        Assert.Equal("/writes", Assert.Single(Assert.IsType<SettleOutcome.Refused>(run.Publish("a", ("k", "1"), ("k", "2"))).Problem.Errors).Pointer);
    }

    private static DriveScript Narrowed(KeyPattern? reads)
    {
        var sync = new ContextSync { NeverTold = true };
        var request = Request(Step("a", ["x", "y"], ["k"]));
        var accepted = Plan(request, _ => true).Accept(RunId.Make(new(TenantId.Default, "c"), "r1"), request, new() { Sync = sync }, new(), default, Start);
        var run = new DriveScript(accepted, ("x", "1"), ("y", "1"));
        run.Write("y", "2");
        run.Complete("a", new Completion { Writes = [new(new("k"), JsonValue.Null)], Reads = reads is { } narrowed ? [narrowed] : null });
        return run;
    }

    private static DriveScript Refused(Problem problem, OnFailureKind kind)
    {
        var failure = kind switch
        {
            OnFailureKind.Default => new OnFailure(kind, [new(new("k"), JsonValue.Null)]),
            OnFailureKind.Fallback => new OnFailure(kind, Agent: "other"),
            _ => new(kind),
        };
        // The first step is only there so that the refusal is in place before the second is admitted.
        var run = DriveScript.Of(Request(Step("first", [], ["go"]), Step("a", ["go"], ["k"]) with { OnFailure = failure }));
        run.Refuse("a", problem);
        run.Complete("first", ("go", "1"));
        return run;
    }
}
