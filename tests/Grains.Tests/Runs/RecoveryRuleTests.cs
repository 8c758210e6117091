using Rosud.Agents;
using Rosud.Context;
using Rosud.Supervision;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

/// <summary>PROTOCOL-runs §5: a run comes back, and so does a supervisor, with workers that outlive both.</summary>
public sealed class RecoveryRuleTests
{
    [Fact]
    public void An_attempt_whose_worker_beats_in_time_is_adopted_and_not_done_again()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"])));
        run.CrashAll();
        Assert.Single(run.Fired);
        run.Wait(SupervisorLedger.HeartbeatInterval - TimeSpan.FromSeconds(1));
        Assert.Single(run.Fired);
        run.Beat("a");
        run.Wait(TimeSpan.FromSeconds(5));
        Assert.Single(run.Fired);
        run.Complete("a", ("k", "1"));
        Assert.Equal(RunStatus.Completed, run.Result.Status);
        Assert.Equal(1, Assert.Single(run.Result.Attempts).Attempt);
    }

    [Fact]   // N3: who answered was called, also when nobody is left who knows when.
    public void Who_answers_after_every_silo_was_lost_was_fired()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"]), Step("b", ["k"], ["m"])));
        var attempt = run.Running("a");
        run.CrashAll();
        run.Send(attempt, new() { Writes = [new(new("k"), JsonValue.Null)] });
        run.Wait(SupervisorLedger.HeartbeatInterval);
        run.Complete("b", ("m", "1"));

        Assert.Equal((RunStatus.Completed, 2, 2), (run.Result.Status, run.Result.Agents.Fired, run.Result.Agents.Needed));
    }

    [Fact]
    public void An_attempt_that_nobody_speaks_of_is_done_again_after_one_heartbeat_interval()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"])));
        run.CrashAll();
        run.Wait(SupervisorLedger.HeartbeatInterval - TimeSpan.FromMilliseconds(1));
        Assert.Single(run.Fired);
        run.Wait(TimeSpan.FromMilliseconds(1));
        Assert.Equal([1, 2], run.Fired.Select(request => request.Assignment.Attempt));
    }

    [Fact]
    public void A_run_waits_only_for_agents_that_may_be_at_work()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"]), Step("b", ["k"], ["m"])));
        run.CrashAll();
        run.Beat("a");
        run.Complete("a", ("k", "1"));
        Assert.Equal(["a", "b"], run.Steps);
    }

    [Fact]
    public void A_worker_that_ends_its_attempt_before_it_beats_is_heard_at_once()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"])));
        run.CrashAll();
        run.Beat("a");
        run.Complete("a", ("k", "1"));
        Assert.Equal(RunStatus.Completed, run.Result.Status);
        Assert.Single(run.Fired);
    }

    [Fact]
    public void A_step_that_may_have_started_on_an_early_key_is_waited_for()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"]), Step("b", ["k"], ["m"])));
        run.Publish("a", ("k", "1"));
        Assert.Equal(["a", "b"], run.Steps);
        run.CrashAll();
        run.Beat("a");
        run.Complete("a", ("k", "1"));
        Assert.Equal(2, run.Fired.Count);
        run.Beat("b");
        run.Complete("b", ("m", "1"));
        Assert.Equal(RunStatus.Completed, run.Result.Status);
        Assert.Equal(2, run.Fired.Count);
    }

    [Theory]
    [InlineData("1", SettleKind.Accepted)]
    [InlineData("2", SettleKind.Stale)]
    [InlineData(null, SettleKind.Stale)]
    public void What_an_adopted_attempt_was_handed_is_judged_as_if_nobody_had_been_lost(string? after, SettleKind expected)
    {
        var run = DriveScript.Of(Request(Step("a", ["x", "p.*"], ["k"])), ("x", "1"), ("p.one", "1"), ("y", "1"));
        run.CrashAll();
        run.Write("x", "3");
        run.Write("x", after);
        run.Write("y", "2");
        run.Beat("a");
        Assert.Equal(expected, Assert.IsType<SettleOutcome.Settled>(run.Complete("a", ("k", "1"))).Kind);
    }
}
