using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Supervision;
using Rosud.Tenants;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

public sealed class RunDriveTests
{
    private readonly Dictionary<AgentId, long> _incarnations = [];
    private DateTimeOffset _now = Start;
    private long _version;

    [Fact]
    public void The_first_contact_with_a_supervisor_bounces_and_is_sent_again_with_its_incarnation()
    {
        var drive = Drive(Request(Step("a", [], ["k"])));
        var admit = Only<DriveAction.Admit>(drive);
        Assert.Equal((1, 0L), (admit.Request.Assignment.Attempt, admit.Request.Incarnation));
        drive.Admitted(admit, new AdmitAnswer.Bounced(77), _now);
        Assert.Equal(77, Only<DriveAction.Admit>(drive).Request.Incarnation);
        Assert.Equal(77, _incarnations[admit.Agent]);
    }

    [Fact]
    public void A_bounce_from_another_incarnation_than_the_attempt_was_sent_to_begins_an_uncharged_attempt()
    {
        _incarnations[new(TenantId.Default, "a")] = 5;
        var drive = Drive(Request(Step("a", [], ["k"])));
        var admit = Only<DriveAction.Admit>(drive);
        drive.Admitted(admit, new AdmitAnswer.Bounced(6), _now);
        var begin = Only<DriveAction.Begin>(drive).Body;
        Assert.Equal((2, RetryCause.Lost, false), (begin.Attempt, begin.Cause, begin.Charged));
        drive.Begun(begin, Done(), _now);
        Assert.Equal((2, 6L), (Only<DriveAction.Admit>(drive).Request.Assignment.Attempt, 6L));
    }

    [Fact]
    public void An_admission_without_an_answer_is_asked_about_and_admitted_again_when_it_was_never_seen()
    {
        var drive = Drive(Request(Step("a", [], ["k"])));
        var admit = Only<DriveAction.Admit>(drive);
        drive.Admitted(admit, null, _now);
        var ask = Only<DriveAction.Ask>(drive);
        drive.Asked(ask, AskAnswer.NeverSeen, _now);
        Assert.Equal(admit.Request.Assignment, Only<DriveAction.Admit>(drive).Request.Assignment);
    }

    [Fact]
    public void The_watch_timer_asks_about_every_attempt_at_a_supervisor()
    {
        var drive = Drive(Request(Step("a", [], ["k"]), Step("b", [], ["m"])));
        drive.Drain();
        _now = drive.WakeAt!.Value;
        Assert.InRange(_now - Start, RunDrive.WatchInterval * 0.8, RunDrive.WatchInterval * 1.2);
        drive.Tick(_now);
        Assert.Equal(["a", "b"], drive.Drain().Cast<DriveAction.Ask>().Select(ask => ask.Step));
    }

    [Fact]
    public void The_last_commit_carries_the_end_and_its_answer_releases_the_settle()
    {
        var drive = Drive(Request(Step("a", [], ["k"])));
        Only<DriveAction.Admit>(drive);
        Settle(drive, "a", Completed(("k", "1")));
        var commit = Only<DriveAction.Commit>(drive).Body;
        Assert.Equal(RunStatus.Completed, commit.Last);
        drive.Committed(commit, Done(("k", "1")) with { End = new(RunStatus.Completed, _now, new(1), null) }, _now);
        var actions = drive.Drain();
        Assert.Equal(SettleKind.Accepted, Assert.IsType<SettleOutcome.Settled>(Assert.Single(actions.OfType<DriveAction.AnswerSettle>()).Outcome).Kind);
        Assert.Single(actions.OfType<DriveAction.Finish>());
        Assert.Equal("1", drive.Outputs[new("k")].ToString());
    }

    [Fact]
    public void A_settle_of_an_old_attempt_is_fenced_and_a_repeated_one_gets_its_first_answer()
    {
        var drive = Drive(Request(Step("a", [], ["k"])));
        Settle(drive, "a", Failed());
        var begin = drive.Drain().OfType<DriveAction.Begin>().Single().Body;
        drive.Begun(begin, Done(), _now);
        Settle(drive, "a", Failed(), attempt: 1);
        Assert.IsType<SettleOutcome.Noted>(drive.Drain().OfType<DriveAction.AnswerSettle>().Single().Outcome);
        Settle(drive, "a", Completed(("k", "1")), attempt: 7);
        Assert.IsType<SettleOutcome.Refused>(Only<DriveAction.AnswerSettle>(drive).Outcome);
    }

    [Fact]
    public void The_idempotency_key_is_the_same_after_a_failure_and_another_after_a_stale_retry()
    {
        var drive = Drive(Request(Step("a", ["x"], ["k"])), ("x", "1"));
        var first = Only<DriveAction.Admit>(drive).Request.IdempotencyKey;
        Settle(drive, "a", Failed());
        drive.Begun(drive.Drain().OfType<DriveAction.Begin>().Single().Body, Done(), _now);
        Assert.Equal(first, Admitted(drive).IdempotencyKey);
        drive.Changed(new(_version), new(_version + 1), [Change("x", "2")], _now);
        var actions = drive.Drain();
        Assert.Single(actions.OfType<DriveAction.Supersede>());
        drive.Begun(actions.OfType<DriveAction.Begin>().Single().Body, Done(), _now);
        var fresh = Only<DriveAction.Admit>(drive).Request;
        Assert.NotEqual(first, fresh.IdempotencyKey);
        Assert.Equal("x", Assert.Single(fresh.Changed!.Keys).Value);
        Assert.Equal(1, drive.StaleEvents["behind"]);
    }

    [Fact]
    public void An_equal_value_written_again_supersedes_nothing()
    {
        var drive = Drive(Request(Step("a", ["x"], ["k"])), ("x", "1"));
        Admitted(drive);
        drive.Changed(new(_version), new(_version + 1), [Change("x", "1")], _now);
        Assert.Empty(drive.Drain());
    }

    [Fact]
    public void A_missed_notice_is_read_after_before_anything_is_handed_out()
    {
        var drive = Drive(Request(Step("a", ["x"], ["k"]), Step("b", ["x", "k"], ["m"])), ("x", "1"));
        Admitted(drive);
        drive.Changed(new(_version + 3), new(_version + 4), [Change("x", "2", _version + 4)], _now);
        var refresh = Only<DriveAction.Refresh>(drive);
        Assert.Equal(["k", "x"], refresh.Keys.Select(key => key.Value).Order());
        drive.Refreshed(new(new(_version + 4), [Entry("x", "2", _version + 4)]), _now);
        Assert.Single(drive.Drain().OfType<DriveAction.Supersede>());
    }

    [Fact]
    public void A_dependent_starts_on_an_early_key_and_its_commit_is_held_until_the_producer_is_done()
    {
        var drive = Drive(Request(Step("a", [], ["k"]), Step("b", ["k"], ["m"])));
        Only<DriveAction.Admit>(drive);
        drive.Publish(1, Assignment("a", 1), [new(new("k"), JsonValue.Parse("1"))], _now);
        drive.Published(Only<DriveAction.Publish>(drive), Done(("k", "1")), _now);
        Assert.Equal("b", drive.Drain().OfType<DriveAction.Admit>().Single().Request.Assignment.Step);
        Settle(drive, "b", Completed(("m", "2")));
        Assert.Equal(SettleKind.Held, ((SettleOutcome.Settled)Only<DriveAction.AnswerSettle>(drive).Outcome).Kind);
        Settle(drive, "a", Completed(("k", "1")));
        drive.Committed(Only<DriveAction.Commit>(drive).Body, Done(("k", "1")), _now);
        Assert.Equal("b", drive.Drain().OfType<DriveAction.Commit>().Single().Body.Step);
    }

    [Fact]
    public void A_publish_after_what_was_read_has_changed_names_the_keys_and_the_version_to_read_again()
    {
        var drive = Drive(Request(Step("a", ["x"], ["k"])), ("x", "1"));
        Only<DriveAction.Admit>(drive);
        drive.Publish(1, Assignment("a", 1), [new(new("k"), JsonValue.Parse("1"))], _now);
        StaleKey changed = new(new("x"), new(1), new(2), TimeSpan.FromSeconds(1));
        drive.Published(Only<DriveAction.Publish>(drive), new StepAnswer.Stale([changed], new(new(2), [Entry("x", "2", 2)])), _now);
        var refused = Assert.IsType<SettleOutcome.Refused>(drive.Drain().OfType<DriveAction.AnswerPublish>().Single().Outcome);
        Assert.Equal((ProblemKind.StaleContext, 2L), (refused.Problem.Kind, refused.Problem.Version));
        Assert.Equal<IEnumerable<StaleKey>>([changed], refused.Stale);
    }

    [Fact]
    public void An_effect_that_the_step_did_not_declare_is_refused_with_its_place()
    {
        var drive = Drive(Request(Step("a", [], ["k"]) with { Effects = ["mail"] }));
        Only<DriveAction.Admit>(drive);
        drive.Effect(1, Assignment("a", 1), new("pay"), _now);
        var refused = Assert.IsType<SettleOutcome.Refused>(Only<DriveAction.AnswerPublish>(drive).Outcome).Problem;
        Assert.Equal((ProblemKind.ContractRejected, "name"), (refused.Kind, Assert.Single(refused.Errors).Pointer));
    }

    [Fact]
    public void An_undeclared_write_rejects_the_completion_and_costs_an_acceptance_retry()
    {
        var drive = Drive(Request(Step("a", [], ["k"])));
        Settle(drive, "a", Completed(("k", "1"), ("secret", "2")));
        var actions = drive.Drain();
        Assert.Equal(SettleKind.Rejected, ((SettleOutcome.Settled)actions.OfType<DriveAction.AnswerSettle>().Single().Outcome).Kind);
        Assert.Equal(RetryCause.Acceptance, actions.OfType<DriveAction.Begin>().Single().Body.Cause);
    }

    [Fact]
    public void A_deferral_is_not_charged_and_waits_and_one_that_does_not_fit_the_deadline_ends_the_step_as_overloaded()
    {
        var drive = Drive(Request(Step("a", [], ["k"])));
        Settle(drive, "a", new() { Assignment = default, Kind = SettlementKind.Deferred, RetryAfter = TimeSpan.FromSeconds(4) });
        var begin = drive.Drain().OfType<DriveAction.Begin>().Single().Body;
        Assert.False(begin.Charged);
        drive.Begun(begin, Done(), _now);
        Assert.Empty(drive.Drain());
        Assert.Equal(Start.AddSeconds(4), drive.WakeAt);
        drive.Tick(_now = drive.WakeAt!.Value);
        Assert.Equal(2, Only<DriveAction.Admit>(drive).Request.Assignment.Attempt);
        Settle(drive, "a", new() { Assignment = default, Kind = SettlementKind.Deferred, RetryAfter = TimeSpan.FromMinutes(4) }, attempt: 2);
        Assert.Equal(RunStatus.Overloaded, drive.Drain().OfType<DriveAction.End>().Single().Body.Status);
    }

    [Fact]
    public void An_open_circuit_ends_the_step_at_once_unless_it_may_be_tried_before_the_deadline()
    {
        var drive = Drive(Request(Step("a", [], ["k"])));
        drive.Admitted(Only<DriveAction.Admit>(drive), new AdmitAnswer.Refused(new(ProblemKind.CircuitOpen, "Open.") { RetryAfter = TimeSpan.FromSeconds(5) }), _now);
        Assert.Empty(drive.Drain());
        drive.Tick(_now = Start.AddSeconds(5));
        drive.Admitted(Only<DriveAction.Admit>(drive), new AdmitAnswer.Refused(new(ProblemKind.CircuitOpen, "Open.") { RetryAfter = TimeSpan.FromMinutes(1) }), _now);
        Assert.Equal(RunStatus.CircuitOpen, Only<DriveAction.End>(drive).Body.Status);
    }

    [Fact]   // All who waited would begin at once, each be cut short at once, and be the probes that could have told something.
    public void A_wait_to_the_brink_of_the_deadline_is_no_wait_for_it()
    {
        var request = Request(Step("a", [], ["k"]));
        var drive = Drive(request);
        drive.Admitted(Only<DriveAction.Admit>(drive), new AdmitAnswer.Refused(new(ProblemKind.CircuitOpen, "Open.") { RetryAfter = request.Timeout * 0.95 }), _now);
        Assert.Equal(RunStatus.CircuitOpen, Only<DriveAction.End>(drive).Body.Status);
    }

    [Fact]
    public void A_recovered_driver_holds_settles_until_their_supervisor_has_heard_of_it_and_adopts_what_is_alive()
    {
        var request = Request(Step("a", [], ["k"]), Step("b", [], ["m"]));
        var record = new RunRecord(Accept(request), 3, ImmutableSortedDictionary<string, StepRecord>.Empty.Add("a", new() { Retries = 1, Fence = 2 }));
        var drive = RunDrive.TakeOver(record, new(default, []), TimeSpan.FromSeconds(20), new(_incarnations, (_, _) => null), _now);
        var queries = drive.Drain().Cast<DriveAction.Query>().ToArray();
        Assert.Equal(["a", "b"], queries.Select(query => query.Agent.Name));
        Settle(drive, "a", Completed(("k", "1")), attempt: 2);
        Assert.Empty(drive.Drain());
        drive.Queried(queries[0], new(9, [new("a", 2, default, null)]), _now);
        Assert.Equal(2, Only<DriveAction.Commit>(drive).Body.Attempt.Attempt);
        drive.Queried(queries[1], new(9, []), _now);
        Assert.Equal(3, Only<DriveAction.Admit>(drive).Request.Assignment.Attempt);
    }

    [Fact]
    public void A_result_that_was_held_for_a_recovered_driver_does_not_end_a_run_that_wants_more()
    {
        var request = Request(Step("a", [], ["k"]), Step("b", ["k"], ["m"]));
        var drive = RunDrive.TakeOver(new(Accept(request), 2, ImmutableSortedDictionary<string, StepRecord>.Empty), new(default, []), TimeSpan.FromSeconds(20), new(_incarnations, (_, _) => null), _now);
        var queries = drive.Drain().Cast<DriveAction.Query>().ToArray();
        drive.Queried(queries[1], new(9, []), _now);
        Settle(drive, "a", Completed(("k", "1")), attempt: 1);

        drive.Queried(queries[0], new(9, [new("a", 1, default, null)]), _now);

        Assert.Null(Only<DriveAction.Commit>(drive).Body.Last);
    }

    [Fact]
    public void A_token_budget_lets_an_unknown_agent_run_alone_and_ends_the_run_when_it_is_spent()
    {
        var request = Request(Step("a", [], ["k"]), Step("b", [], ["m"]));
        var drive = Drive(request with { Task = request.Task with { Budget = new(Tokens: 100) } });
        Only<DriveAction.Admit>(drive);
        Settle(drive, "a", Completed(("k", "1")) with { Completion = new() { Usage = new(90, 20) } });
        drive.Committed(Only<DriveAction.Commit>(drive).Body, Done(), _now);
        Assert.Equal(RunStatus.BudgetExceeded, drive.Drain().OfType<DriveAction.End>().Single().Body.Status);
    }

    [Fact]
    public void Steps_that_only_a_false_guard_needed_do_not_run()
    {
        var request = Request(Step("deep", [], ["facts"]), Step("report", ["facts?"], ["report"]) with { When = new(new("mode")) { Equal = JsonValue.Parse("\"deep\"") } }, Step("note", [], ["note"]));
        var drive = Drive(request with { Task = request.Task with { Outputs = [new("report"), new("note")] } }, ("mode", "\"quick\""));
        Assert.Equal("note", Only<DriveAction.Admit>(drive).Request.Assignment.Step);
        Settle(drive, "note", Completed(("note", "1")));
        Assert.Equal(RunStatus.Partial, Only<DriveAction.Commit>(drive).Body.Last);
    }

    [Fact]
    public void A_parallel_run_has_a_barrier_and_a_sequential_one_goes_step_by_step()
    {
        var request = Request(Step("a", [], ["k"]), Step("c", ["k"], ["n"]), Step("b", [], ["m"]));
        var parallel = Drive(request with { Execution = Networks.ExecutionKind.Parallel });
        Assert.Equal(2, parallel.Drain().Length);
        Settle(parallel, "a", Completed(("k", "1")));
        parallel.Committed(Only<DriveAction.Commit>(parallel).Body, Done(("k", "1")), _now);
        Assert.Empty(parallel.Drain().OfType<DriveAction.Admit>());
        Assert.Single(Drive(request with { Execution = Networks.ExecutionKind.Sequential }).Drain());
    }

    // The one admission that is asked for, answered: its agent has begun.
    private AdmitRequest Admitted(RunDrive drive)
    {
        var admit = Only<DriveAction.Admit>(drive);
        drive.Admitted(admit, new AdmitAnswer.Started(_now), _now);
        return admit.Request;
    }

    private RunDrive Drive(CoordinateRequest request, params (string Key, string Value)[] context)
    {
        _version = context.Length;
        var view = new ContextView(new(_version), [.. context.Select((entry, i) => Entry(entry.Key, entry.Value, i + 1))]);
        return RunDrive.Start(Accept(request, key => context.Any(entry => entry.Key == key.Value)), view, request.Timeout, new(_incarnations, (_, _) => null), _now);
    }

    private static T Only<T>(RunDrive drive)
        where T : DriveAction => Assert.IsType<T>(Assert.Single(drive.Drain()));

    private void Settle(RunDrive drive, string step, Settlement settlement, int attempt = 1) =>
        drive.Settle(settlement with { Assignment = Assignment(step, attempt), StartedAt = _now, EndedAt = _now }, _now);

    private static AssignmentId Assignment(string step, int attempt) => new(new(TenantId.Default, step), RunId.Make(new(TenantId.Default, "c"), "r1"), step, attempt);

    private static Settlement Completed(params (string Key, string Value)[] writes) => new()
    {
        Assignment = default,
        Kind = SettlementKind.Completed,
        Completion = new() { Writes = [.. writes.Select(write => new ContextWrite(new(write.Key), JsonValue.Parse(write.Value)))] },
    };

    private static Settlement Failed() => new() { Assignment = default, Kind = SettlementKind.Failed, Reason = "It threw." };

    private StepAnswer.Done Done(params (string Key, string Value)[] writes) => writes.Length == 0
        ? new(new(_version), [])
        : new(new(++_version), [new(new(_version), _now, new("agent", "c.r1", "step", 1), [.. writes.Select(write => new ContextWrite(new(write.Key), JsonValue.Parse(write.Value)))])]);

    private Change Change(string key, string value, long? version = null) => new(new(version ?? ++_version), _now, new("caller"), [new(new(key), JsonValue.Parse(value))]);

    private static ContextEntry Entry(string key, string value, long version) => new()
    {
        Key = new(key),
        Value = JsonValue.Parse(value),
        Version = new(version),
        Created = new(version),
        Origin = new("caller"),
        CommittedAt = Start,
    };
}
