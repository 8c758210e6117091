using Rosud.Agents;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Supervision;

public sealed class PullAgentTests(SupervisionFixture fixture) : IClassFixture<SupervisionFixture>
{
    private static readonly AgentSpec Pull = new();
    private static readonly Completion Done = new() { Writes = [new(new("facts.a"), JsonValue.Parse("1"))] };

    [Fact]
    public async Task A_worker_that_waits_gets_the_next_assignment_and_its_runs_judgement()
    {
        var agent = await fixture.Register("parked", Pull);
        var taking = agent.Supervisor.Take(Supervised.OneWithin20Seconds);
        await agent.TurnsEnded();

        Assert.IsType<AdmitAnswer.Started>(await agent.Admit(agent.Attempt()));
        var assignment = Assert.Single(Assert.IsType<TakeOutcome.Taken>(await taking).Assignments);
        var outcome = await agent.Supervisor.Complete(assignment.Id, Done);
        var again = await agent.Supervisor.Complete(assignment.Id, Done);

        Assert.Equal(new SettleOutcome.Settled(SettleKind.Accepted, new(9)), outcome);
        Assert.Equal(outcome, again);
        var settlement = await agent.Script.Settlements.Reader.ReadAsync();
        Assert.Equal((SettlementKind.Completed, new ContextVersion(3)), (settlement.Kind, settlement.ReadVersion));
        Assert.False(agent.Script.Settlements.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_take_that_nothing_came_for_is_empty()
    {
        var agent = await fixture.Register("empty", Pull);
        var taking = agent.Supervisor.Take(Supervised.OneWithin20Seconds);
        await agent.TurnsEnded();

        fixture.Time.Advance(TimeSpan.FromSeconds(20));

        Assert.Empty(Assert.IsType<TakeOutcome.Taken>(await taking).Assignments);
    }

    [Fact]
    public async Task A_worker_that_stops_has_its_take_answered_and_what_comes_next_goes_to_another()
    {
        var agent = await fixture.Register("released", Pull);
        var leaving = agent.Supervisor.Take(Supervised.OneWithin20Seconds with { Worker = "leaving" });
        var staying = agent.Supervisor.Take(Supervised.OneWithin20Seconds with { Worker = "staying" });
        await agent.TurnsEnded();

        await agent.Supervisor.Release("leaving");
        await agent.Admit(agent.Attempt());

        Assert.Empty(Assert.IsType<TakeOutcome.Taken>(await leaving).Assignments);
        Assert.Single(Assert.IsType<TakeOutcome.Taken>(await staying).Assignments);
    }

    [Fact]
    public async Task A_silent_worker_loses_its_lease_and_its_late_answer_is_fenced()
    {
        var agent = await fixture.Register("silent", Pull);
        var assignment = await agent.AdmitAndTake(agent.Attempt());

        fixture.Time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(SettlementKind.LeaseLost, (await agent.Script.Settlements.Reader.ReadAsync()).Kind);
        Assert.Equal(0, (await agent.Supervisor.Describe(null)).Bulkhead.Running);
        var refused = Assert.IsType<SettleOutcome.Refused>(await agent.Supervisor.Publish(assignment.Id, Done.Writes));
        Assert.Equal(ProblemKind.Fenced, refused.Problem.Kind);
    }

    [Fact]
    public async Task R17_A_waiting_heartbeat_hears_at_once_that_the_attempt_is_superseded()
    {
        var agent = await fixture.Register("superseded", Pull);
        var assignment = await agent.AdmitAndTake(agent.Attempt());
        var beating = agent.Supervisor.Heartbeat(assignment.Id, new(0.5, "half way", TimeSpan.FromSeconds(20)));
        await agent.TurnsEnded();

        await agent.Door.Supersede(assignment.Id, epoch: 1);

        Assert.True(Assert.IsType<SettleOutcome.Beat>(await beating).Superseded);
        Assert.IsType<SettleOutcome.Refused>(await agent.Supervisor.Complete(assignment.Id, Done));
        Assert.Equal("half way", (await agent.Script.Progress.Reader.ReadAsync()) switch { { Started: true } => (await agent.Script.Progress.Reader.ReadAsync()).Status, var said => said.Status });
    }

    [Fact]
    public async Task An_outcome_is_sent_again_until_its_run_answers()
    {
        var agent = await fixture.Register("lost-settle", Pull);
        var assignment = await agent.AdmitAndTake(agent.Attempt());
        var judge = agent.Script.OnSettle;
        agent.Script.OnSettle = _ => new TaskCompletionSource<SettleOutcome>().Task;   // The first call is lost.
        var completing = agent.Supervisor.Complete(assignment.Id, Done);
        await agent.Script.Settlements.Reader.ReadAsync();
        await agent.TurnsEnded();
        agent.Script.OnSettle = _ => throw new TimeoutException();   // The second fails.

        fixture.Time.Advance(TimeSpan.FromSeconds(2));
        await agent.TurnsEnded();
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        await agent.Script.Settlements.Reader.ReadAsync();
        await agent.TurnsEnded();
        agent.Script.OnSettle = judge;
        Assert.Equal(AskAnswer.Known, await agent.Door.Ask(agent.Run, 1, "step", 1, await agent.Incarnation()));   // The run asks: the third comes at once.

        Assert.Equal(new SettleOutcome.Settled(SettleKind.Accepted, new(9)), await completing);
        Assert.Equal(0, (await fixture.Grain<ISupervisorPanel>(agent.Agent).GetState()).UnacknowledgedResults);
    }

    [Fact]
    public async Task S4_The_work_of_a_lost_supervisors_worker_is_not_lost()
    {
        var agent = await fixture.Register("recovered", Pull);
        var assignment = await agent.AdmitAndTake(agent.Attempt());
        await agent.Deactivate();

        Assert.Equal(new SettleOutcome.Settled(SettleKind.Accepted, new(9)), await agent.Supervisor.Complete(assignment.Id, Done));
    }

    [Fact]
    public async Task S4_A_run_that_does_not_know_an_attempt_taken_back_ends_it()
    {
        var agent = await fixture.Register("disowned", Pull);
        var assignment = await agent.AdmitAndTake(agent.Attempt());
        await agent.Deactivate();
        var asked = new TaskCompletionSource<RunOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        agent.Script.OnDescribe = () => asked.Task;

        var beating = agent.Supervisor.Heartbeat(assignment.Id, new(null, null, TimeSpan.FromSeconds(20)));
        await agent.TurnsEnded();
        Assert.Equal(1, (await agent.Supervisor.Describe(null)).Bulkhead.Running);
        asked.SetResult(new RunOutcome.Refused(new(ProblemKind.NotFound, "There is no such run.")));

        Assert.True(Assert.IsType<SettleOutcome.Beat>(await beating).Cancelled);
        Assert.Equal(0, (await agent.Supervisor.Describe(null)).Bulkhead.Running);
    }

    [Fact]
    public async Task An_agent_that_is_not_registered_gets_nothing()
    {
        var agent = await fixture.Register("stranger");

        Assert.Equal(ProblemKind.NotFound, Assert.IsType<AdmitAnswer.Refused>(await agent.Admit(agent.Attempt())).Problem.Kind);
        Assert.IsType<TakeOutcome.Refused>(await agent.Supervisor.Take(Supervised.OneWithin20Seconds));
    }

    [Fact]
    public async Task A_registration_reaches_a_supervisor_that_is_up_already()
    {
        var agent = await fixture.Register("late");
        Assert.IsType<AdmitAnswer.Refused>(await agent.Admit(agent.Attempt()));

        await fixture.Register("late", Pull with { MaxConcurrency = 9 });
        Assert.Equal(9, (await agent.Supervisor.Describe(null)).Bulkhead.MaxConcurrency);
        Assert.IsType<AgentOutcome.Removed>(await fixture.Grain<IAgentGrain>(agent.Agent).Remove());

        Assert.IsType<AdmitAnswer.Refused>(await agent.Admit(agent.Attempt()));
    }

    [Fact]
    public async Task S4_An_open_breaker_stays_open_when_its_supervisor_is_lost()
    {
        var agent = await fixture.Register("flaky", Pull);
        for (var run = 1; run <= 5; run++)
        {
            var assignment = await agent.AdmitAndTake(agent.Attempt(step: $"step{run}"));
            Assert.IsType<SettleOutcome.Noted>(await agent.Supervisor.Fail(assignment.Id, new() { Reason = "It broke." }));
        }

        await agent.Deactivate();

        var refused = Assert.IsType<AdmitAnswer.Refused>(await agent.Admit(agent.Attempt(step: "step6"))).Problem;
        Assert.Equal(ProblemKind.CircuitOpen, refused.Kind);
        Assert.True(refused.RetryAfter > TimeSpan.Zero);
        Assert.Equal(BreakerStateKind.Open, (await agent.Supervisor.Describe(null)).Breaker.State);
        await agent.Supervisor.Reset();
        Assert.IsType<AdmitAnswer.Queued>(await agent.Admit(agent.Attempt(step: "step6")));
    }

    [Theory]   // The end of a run and the deadline of its attempt are one moment that comes over two ways.
    [InlineData(59_990, BreakerStateKind.Open)]
    [InlineData(40_000, BreakerStateKind.Closed)]
    public async Task S2_Attempts_that_had_all_their_time_when_their_run_ended_have_timed_out(int endsAfterMs, BreakerStateKind expected)
    {
        var agent = await fixture.Register($"unanswered-{endsAfterMs}", Pull with { MaxConcurrency = 5 });
        for (var step = 1; step <= 5; step++) await agent.Admit(agent.Attempt(step: $"step{step}"));
        var taken = await agent.Supervisor.Take(new(5, TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(10)));
        Assert.Equal(5, Assert.IsType<TakeOutcome.Taken>(taken).Assignments.Length);

        fixture.Time.Advance(TimeSpan.FromMilliseconds(endsAfterMs));
        await agent.Door.Cancel(agent.Run, epoch: 1);

        var view = await agent.Supervisor.Describe(null);
        Assert.Equal((expected, 0), (view.Breaker.State, view.Bulkhead.Running));
    }
}
