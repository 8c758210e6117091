using Rosud.Agents;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Runs;
using Rosud.Tenants;
using static Rosud.Supervision.SupervisionExamples;

namespace Rosud.Supervision;

public sealed class SupervisorLedgerTests
{
    [Fact]
    public void An_admission_for_another_incarnation_bounces_with_this_one()
    {
        var (after, answer) = Ledger().Admit(Admission(Attempt(), incarnation: 0), Start);

        Assert.Equal(new AdmitAnswer.Bounced(7), answer);
        Assert.True(after.IsIdle);
    }

    [Fact]
    public void Repeats_old_attempts_and_old_drivers_are_ignored()
    {
        var (ledger, _) = Ledger().Admit(Admission(Attempt(attempt: 5), epoch: 3), Start);

        Assert.IsType<AdmitAnswer.Ignored>(ledger.Admit(Admission(Attempt(attempt: 5), epoch: 3), Start).Answer);
        Assert.IsType<AdmitAnswer.Ignored>(ledger.Admit(Admission(Attempt(attempt: 4), epoch: 3), Start).Answer);
        Assert.IsType<AdmitAnswer.Ignored>(ledger.Admit(Admission(Attempt(attempt: 9), epoch: 2), Start).Answer);
    }

    [Fact]
    public void A_later_attempt_takes_the_place_of_the_one_before()
    {
        var (ledger, _) = Ledger(maxConcurrency: 1).Admit(Admission(Attempt()), Start);

        var (after, answer) = ledger.Admit(Admission(Attempt(attempt: 2)), At(1));

        Assert.IsType<AdmitAnswer.Started>(answer);
        Assert.Equal(Attempt(attempt: 2), Assert.Single(after.Bulkhead.Permits.Keys));
        Assert.Equal(new SettleOutcome.Beat(At(1), Superseded: true, Cancelled: false), after.Over(Attempt(), At(1)));
        Assert.Equal(LastWord.Fenced, after.Complete(Attempt(), At(2)).Taken);
    }

    [Fact]
    public void A_run_may_have_several_steps_at_one_agent()
    {
        var ledger = Ledger(maxConcurrency: 4);
        foreach (var step in new[] { "search", "check", "write" }) (ledger, _) = ledger.Admit(Admission(Attempt(step: step)), Start);
        (ledger, _) = ledger.Complete(Attempt(step: "check"), At(1));

        Assert.Equal(["check", "search", "write"], ledger.Query(Run(), 2, takenBack: false, At(1)).Answer.Live.Select(live => live.Step).Order());
        Assert.Equal(Attempt(step: "check"), Assert.Single(ledger.KeptOf(Run())));
        var (canceled, stopped) = ledger.Cancel(Run(), 1, At(2));
        Assert.Equal(["search", "write"], stopped.Select(attempt => attempt.Step).Order());
        Assert.True(canceled.IsIdle);
    }

    [Fact]
    public void S3_A_full_queue_refuses_at_once_and_the_same_attempt_may_come_again()
    {
        var ledger = Ledger(maxConcurrency: 1, queueLimit: 1);
        for (var run = 1; run <= 2; run++) (ledger, _) = ledger.Admit(Admission(Attempt(run)), Start);

        (ledger, var refused) = ledger.Admit(Admission(Attempt(3)), Start);
        (ledger, _) = ledger.Complete(Attempt(1), At(1));
        (_, var admitted) = ledger.Pumped(At(1)).Admit(Admission(Attempt(3)), At(1));

        var problem = Assert.IsType<AdmitAnswer.Refused>(refused).Problem;
        Assert.Equal(ProblemKind.Overloaded, problem.Kind);
        Assert.True(problem.RetryAfter > TimeSpan.Zero);
        Assert.IsType<AdmitAnswer.Queued>(admitted);
    }

    [Fact]
    public void S3_Who_cannot_be_reached_in_time_is_refused_once_the_agents_pace_is_known()
    {
        var ledger = Ledger(maxConcurrency: 1, queueLimit: 100);
        for (var run = 1; run <= 5; run++)
        {
            (ledger, _) = ledger.Admit(Admission(Attempt(run)), At(10 * run));
            (ledger, _) = ledger.Complete(Attempt(run), At((10 * run) + 8));
            ledger = ledger.Release(Attempt(run), new SettleOutcome.Settled(SettleKind.Accepted, new(1)), At((10 * run) + 8));
        }

        for (var run = 11; run <= 14; run++) (ledger, _) = ledger.Admit(Admission(Attempt(run)), At(60));   // One works, three wait: 24 s.

        Assert.IsType<AdmitAnswer.Refused>(ledger.Admit(Admission(Attempt(20)) with { TimeLeft = Seconds(20) }, At(60)).Answer);
        Assert.IsType<AdmitAnswer.Queued>(ledger.Admit(Admission(Attempt(20)) with { TimeLeft = Seconds(30) }, At(60)).Answer);
    }

    [Fact]
    public void S1_A_network_that_only_counts_is_never_held_back()
    {
        var ledger = Ledger(maxConcurrency: 1, queueLimit: 0);
        for (var run = 1; run <= 5; run++)
        {
            (ledger, var answer) = ledger.Admit(Admission(Attempt(run)) with { Isolation = IsolationKind.None }, Start);
            Assert.IsType<AdmitAnswer.Started>(answer);
        }

        Assert.IsType<AdmitAnswer.Started>(ledger.Admit(Admission(Attempt(6)), Start).Answer);
    }

    [Fact]
    public void A_silent_worker_loses_its_lease_and_its_late_answer_is_fenced()
    {
        var (ledger, _) = Ledger().Admit(Admission(Attempt()), Start, lease: Seconds(5));
        Assert.Equal(At(5), ledger.NextEnd);
        (ledger, _) = ledger.Beat(Attempt(), Seconds(30), Seconds(5), At(3));
        Assert.Equal(At(8), ledger.NextEnd);

        (ledger, var ended, var outcome) = ledger.EndOver(At(8));

        Assert.Equal(Attempt(), ended);
        Assert.Equal(SettlementKind.LeaseLost, outcome!.Kind);
        Assert.Empty(ledger.Bulkhead.Permits);
        var released = ledger.Release(Attempt(), new SettleOutcome.Noted(), At(8));
        Assert.Equal(LastWord.Fenced, released.Complete(Attempt(), At(9)).Taken);
    }

    [Fact]
    public void S3_A_deadline_is_the_shorter_of_the_limit_and_the_runs_time_and_no_heartbeat_moves_it()
    {
        var (ledger, _) = Ledger().Admit(Admission(Attempt()) with { TimeLeft = Seconds(7) }, Start, lease: Seconds(5));
        for (var second = 1; second <= 6; second++) (ledger, _) = ledger.Beat(Attempt(), Seconds(30), Seconds(5), At(second));

        var (_, _, outcome) = ledger.EndOver(At(7));

        Assert.Equal(SettlementKind.TimedOut, outcome!.Kind);
    }

    [Fact]
    public void S3_The_limit_of_an_attempt_that_waited_begins_when_it_is_handed_out()
    {
        var (ledger, _) = Ledger(maxConcurrency: 1).Admit(Admission(Attempt(1)), Start);
        (ledger, _) = ledger.Admit(Admission(Attempt(2)), Start);
        (ledger, _) = ledger.Complete(Attempt(1), At(20));

        ledger = ledger.Pumped(At(20));

        Assert.Equal(At(50), ledger.Bulkhead.PermitOf(Attempt(2))!.Deadline);
    }

    [Fact]
    public void S3_Waiting_spends_only_the_runs_time_and_what_was_never_taken_says_nothing()
    {
        var (ledger, _) = Ledger(maxConcurrency: 1).Admit(Admission(Attempt(1)), Start);
        (ledger, _) = ledger.Admit(Admission(Attempt(2)), Start);   // Waits for longer than the 30 s that an attempt may take.

        var turned = ledger.TurnAway(Attempt(2), SettlementKind.CircuitOpen, "It opened.", null, At(40)).Kept[Attempt(2)];
        var (over, ended, outcome) = ledger.EndOver(At(60));
        (over, var second, var none) = over.EndOver(At(60));

        Assert.Equal(CallOutcome.Neutral, turned.Counts(new SettleOutcome.Noted(), new()));
        Assert.Equal((Attempt(1), SettlementKind.TimedOut), (ended, outcome!.Kind));
        Assert.Equal((Attempt(2), null), (second, none));   // Its run is over: nobody is to blame.
    }

    [Theory]   // Under overload every attempt is handed out with little of its run's time left: that is nobody's failure.
    [InlineData(50, null, false)]   // Waited for 50 s of 60, had 10.
    [InlineData(20, null, true)]    // Its whole limit of 30 s.
    [InlineData(31, null, false)]
    [InlineData(31, 14.0, true)]    // Twice what its answers take.
    [InlineData(31, 15.0, false)]
    [InlineData(50, 4.0, true)]
    internal void S2_An_attempt_that_its_run_cut_short_says_nothing_about_an_agent_that_had_no_fair_time(double startedAt, double? median, bool isFailure)
    {
        var (ledger, _) = Ledger(maxConcurrency: 1).Admit(Admission(Attempt(1)), Start);
        (ledger, _) = ledger.Admit(Admission(Attempt(2)), Start);
        (ledger, _) = ledger.Complete(Attempt(1), At(startedAt));
        var permit = ledger.Pumped(At(startedAt)).Bulkhead.PermitOf(Attempt(2))!;

        var kept = Kept.Of(permit.Settlement(SettlementKind.TimedOut, permit.Deadline), permit, median is { } seconds ? Seconds(seconds) : null, permit.Deadline);

        Assert.Equal(isFailure ? CallOutcome.Failed : CallOutcome.Neutral, kept.Counts(new SettleOutcome.Noted(), new()));
        Assert.Equal(isFailure, kept.EndedBadly);
    }

    [Theory]   // It had waited for nothing and had all of its run's time: an agent that hangs is seen, also by short runs.
    [InlineData(null, true)]
    [InlineData(15.0, true)]
    [InlineData(21.0, false)]   // No answer of its takes so little.
    internal void S2_An_attempt_that_had_all_of_its_runs_time_counts_unless_no_answer_fits_into_it(double? median, bool isFailure)
    {
        var (ledger, _) = Ledger().Admit(Admission(Attempt()) with { TimeLeft = Seconds(20) }, Start);
        var permit = ledger.Bulkhead.PermitOf(Attempt())!;

        Assert.Equal(!isFailure, Kept.Of(permit.Settlement(SettlementKind.TimedOut, At(20)), permit, median is { } seconds ? Seconds(seconds) : null, At(20)).IsCutShort);
    }

    [Theory]
    [InlineData(SettlementKind.TimedOut, CallOutcome.Failed)]
    [InlineData(SettlementKind.LeaseLost, CallOutcome.Failed)]
    [InlineData(SettlementKind.Failed, CallOutcome.Failed)]
    [InlineData(SettlementKind.Deferred, CallOutcome.Neutral)]
    [InlineData(SettlementKind.Lost, CallOutcome.Neutral)]
    [InlineData(SettlementKind.Asked, CallOutcome.Neutral)]
    internal void S2_What_an_outcome_says_about_its_agent(SettlementKind kind, CallOutcome expected)
    {
        var (ledger, _) = Ledger().Admit(Admission(Attempt()), Start);
        var permit = ledger.Bulkhead.PermitOf(Attempt())!;

        Assert.Equal(expected, Kept.Of(permit.Settlement(kind, At(3)), permit, null, At(3)).Counts(new SettleOutcome.Noted(), new()));
    }

    [Fact]
    public void An_outcome_is_kept_until_its_run_has_answered()
    {
        var (ledger, _) = Ledger().Admit(Admission(Attempt()), Start);
        (ledger, var taken) = ledger.Complete(Attempt(), At(1));
        Assert.Equal(LastWord.Kept, taken);
        Assert.Equal(Attempt(), Assert.Single(ledger.KeptOf(Run())));
        Assert.Equal(AskAnswer.Known, ledger.Ask(Run(), 1, "search", 1, 7, takenBack: false, At(2)).Answer);

        var answer = new SettleOutcome.Settled(SettleKind.Accepted, new(9));
        ledger = ledger.Release(Attempt(), answer, At(3));

        Assert.Empty(ledger.Kept);
        Assert.Equal(answer, ledger.AnswerOf(Attempt()));
    }

    [Fact]
    public void S4_An_attempt_of_a_lost_supervisor_is_taken_back_without_room()
    {
        var (ledger, _) = Ledger(maxConcurrency: 1).Admit(Admission(Attempt(1)), Start);

        (ledger, var beat) = ledger.Beat(Attempt(2), Seconds(30), Seconds(30), Start);
        (_, var taken) = ledger.Complete(Attempt(3), Start);

        Assert.Equal(Beat.TakenBack, beat);
        Assert.Equal(2, ledger.Bulkhead.Permits.Count);
        Assert.Equal(0, ledger.Bulkhead.Room);
        Assert.Equal(LastWord.Kept, taken);
    }

    [Fact]
    public void S4_An_attempt_that_is_taken_back_rests_on_what_its_id_says_that_it_was_handed()
    {
        var (before, _) = Ledger().Admit(Admission(Attempt()), Start);
        var handedOut = before.Bulkhead.PermitOf(Attempt())!.ToAssignment(Start).Id;

        var (beaten, _) = Ledger().Beat(handedOut, Seconds(30), Seconds(30), Start);
        var (_, live) = beaten.Query(Run(), 2, takenBack: true, At(1));
        var (ended, _) = Ledger().Complete(handedOut, Start);

        Assert.Equal(new ContextVersion(3), handedOut.Handed);
        Assert.Equal(new ContextVersion(3), Assert.Single(live.Live).ReadVersion);
        Assert.Equal(new ContextVersion(3), Assert.Single(ended.Kept.Values).Settlement.ReadVersion);
    }

    [Theory]   // Incarnation 7 has seen attempt 1 of run 1, which has ended, and attempt 1 of run 2, which works.
    [InlineData(2, 1, 7, "Known")]
    [InlineData(1, 1, 7, "LostHere")]
    [InlineData(1, 2, 7, "NeverSeen")]
    [InlineData(3, 1, 0, "NeverSeen")]
    [InlineData(3, 1, 6, "Lost")]
    public void A_run_that_asks_learns_what_became_of_its_attempt(int run, int attempt, long incarnation, string expected)
    {
        var ledger = SeenTwo();

        var (after, answer) = ledger.Ask(Run(run), 1, "search", attempt, incarnation, takenBack: false, At(20));

        Assert.Equal(expected, answer.ToString());
        var fenced = answer is AskAnswer.Lost or AskAnswer.LostHere;
        Assert.Equal(fenced, after.Complete(Attempt(run, attempt: attempt), At(20)).Taken is LastWord.Fenced);
    }

    [Fact]
    public void S4_A_new_supervisor_gives_workers_one_heartbeat_before_it_calls_their_attempts_lost()
    {
        Assert.Equal(AskAnswer.Known, Ledger().Ask(Run(), 1, "search", 1, 6, takenBack: true, At(9)).Answer);
        Assert.Equal(AskAnswer.Lost, Ledger().Ask(Run(), 1, "search", 1, 6, takenBack: true, At(10)).Answer);
    }

    [Fact]
    public void S4_A_recovered_driver_hears_what_is_alive_and_fences_the_one_before()
    {
        var (ledger, answer) = SeenTwo().Query(Run(2), epoch: 4, takenBack: false, At(20));

        Assert.Equal(7, answer.Incarnation);
        Assert.Equal(("search", 1), Assert.Single(answer.Live) switch { var live => (live.Step, live.Attempt) });
        Assert.IsType<AdmitAnswer.Ignored>(ledger.Admit(Admission(Attempt(2, attempt: 9), epoch: 3), At(20)).Answer);
        Assert.Empty(SeenTwo().Query(Run(1), epoch: 4, takenBack: false, At(20)).Answer.Live);
    }

    [Fact]
    public void S4_A_recovered_driver_is_told_to_wait_while_workers_of_an_earlier_supervisor_may_still_come_back()
    {
        Assert.Equal(Seconds(1), Ledger().Query(Run(), epoch: 2, takenBack: true, At(9)).Answer.Wait);
        Assert.Null(Ledger().Query(Run(), epoch: 2, takenBack: true, At(10)).Answer.Wait);
        Assert.Null(Ledger().Query(Run(), epoch: 2, takenBack: false, At(9)).Answer.Wait);
    }

    [Fact]
    public void Nothing_of_a_cancelled_run_stays()
    {
        var ledger = Ledger(maxConcurrency: 1);
        (ledger, _) = ledger.Admit(Admission(Attempt(step: "a")), Start);
        (ledger, _) = ledger.Admit(Admission(Attempt(step: "b")), Start);
        (ledger, _) = ledger.Complete(Attempt(step: "a"), Start);
        ledger = ledger.Pumped(Start);
        (ledger, _) = ledger.Admit(Admission(Attempt(step: "c")), Start);

        (ledger, var stopped) = ledger.Cancel(Run(), epoch: 1, At(1));

        Assert.True(ledger.IsIdle);
        Assert.Equal(Attempt(step: "b"), Assert.Single(stopped));
        Assert.Equal(new SettleOutcome.Beat(At(1), Superseded: false, Cancelled: true), ledger.Over(Attempt(step: "b"), At(1)));
        Assert.IsType<AdmitAnswer.Ignored>(ledger.Admit(Admission(Attempt(step: "d")), At(1)).Answer);
    }

    [Fact]
    public void A_cancel_of_an_old_driver_changes_nothing()
    {
        var (ledger, _) = Ledger().Admit(Admission(Attempt(), epoch: 2), Start);

        Assert.Same(ledger, ledger.Cancel(Run(), epoch: 1, At(1)).Next);
        Assert.Same(ledger, ledger.Supersede(Attempt(), epoch: 1, At(1)).Next);
    }

    [Fact]
    public void A_throttled_agent_gets_nothing_until_the_time_it_named()
    {
        var (ledger, _) = Ledger().Admit(Admission(Attempt(1)), Start);
        (ledger, _) = ledger.End(
            Attempt(1), permit => FailureRules.Settle(permit, new() { Reason = "429", RetryAfter = Seconds(3) }, Start), Seconds(30), Start);

        (ledger, var waits) = ledger.Admit(Admission(Attempt(2)), At(1));
        (_, var refused) = ledger.Admit(Admission(Attempt(3)) with { TimeLeft = Seconds(1) }, At(1));

        Assert.IsType<AdmitAnswer.Queued>(waits);
        Assert.IsType<AdmitAnswer.Refused>(refused);
        Assert.Equal(At(3), ledger.NextEnd);
        Assert.Contains(Attempt(2), ledger.Pumped(At(3)).Bulkhead.Permits.Keys);
    }

    [Fact]
    public void Runs_that_are_long_over_are_forgotten_some_with_each_admission()
    {
        var ledger = Ledger(maxConcurrency: 1_000);
        for (var run = 1; run <= 100; run++)
        {
            (ledger, _) = ledger.Admit(Admission(Attempt(run)), Start);
            (ledger, _) = ledger.Cancel(Run(run), epoch: 1, Start);
        }

        Assert.Equal(100, ledger.Runs.Count);
        (ledger, _) = ledger.Admit(Admission(Attempt(200)), At(3_600));
        Assert.InRange(ledger.Runs.Count, 50, 100);
        for (var attempt = 2; attempt <= 30; attempt++) (ledger, _) = ledger.Admit(Admission(Attempt(200, attempt: attempt)), At(3_600));

        Assert.Equal(Run(200), Assert.Single(ledger.Runs.Keys));
    }

    private static SupervisorLedger SeenTwo()
    {
        var (ledger, _) = Ledger().Admit(Admission(Attempt(1)), Start);
        (ledger, _) = ledger.Admit(Admission(Attempt(2)), Start);
        (ledger, _) = ledger.Complete(Attempt(1), At(1));
        return ledger.Release(Attempt(1), new SettleOutcome.Noted(), At(2));
    }
}
