using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>A drive whose channel and supervisors answer at once and lose nothing: the test is its agents, its outside and its clock.</summary>
internal sealed class DriveScript
{
    private readonly Dictionary<AgentId, long> _incarnations = [];
    private readonly Dictionary<string, AdmitRequest> _running = [];
    private readonly Dictionary<string, Problem> _refusals = [];
    private readonly Dictionary<string, AdmitRequest> _unheard = [];
    private readonly ModelLog _log;
    private long _incarnation = 1;
    private DateTimeOffset _allHeardAt = DateTimeOffset.MinValue;
    private long _tickets;
    private bool _losesAnswer;

    public DriveScript(AcceptedRun accepted, params (string Key, string Value)[] context)
        : this(accepted, [], context) { }

    /// <param name="memos">What runs before this one have left.</param>
    public DriveScript(AcceptedRun accepted, Dictionary<ContentHash, ImmutableArray<ContextWrite>> memos, params (string Key, string Value)[] context)
    {
        Accepted = accepted;
        _log = new(accepted, Mutant.None) { Now = () => Now - LogLag, Memos = memos };
        foreach (var (key, value) in context) _log.Write(key, JsonValue.Parse(value));
        _log.Notice = (from, to, changes) => Happens(drive => drive.Changed(from, to, changes, Now));
        Drive = RunDrive.Start(accepted, _log.View(accepted.Interest), accepted.Deadline - Now, Surroundings, Now);
        Drain();
    }

    public AcceptedRun Accepted { get; }

    public RunDrive Drive { get; private set; }

    /// <summary>How much earlier a record was written than its answer is heard.</summary>
    public TimeSpan LogLag { get; set; }

    public DateTimeOffset Now { get; private set; } = RunExamples.Start;

    /// <summary>Every hand-out, in order.</summary>
    public List<AdmitRequest> Fired { get; } = [];

    /// <summary>How settled attempts were answered, in order.</summary>
    public List<SettleOutcome> Answers { get; } = [];

    public List<AssignmentId> Superseded { get; } = [];

    public List<BeginAttempt> Retried { get; } = [];

    public List<DriveAction.Intend> Intents { get; } = [];

    /// <summary>What the supervisors say that the agents' answers take.</summary>
    public TimeSpan? Median { get; set; }

    /// <summary>What running attempts were offered to take in.</summary>
    public List<ChangedContext> Rebased { get; } = [];

    public IEnumerable<string> Steps => Fired.Select(request => request.Assignment.Step);

    public RunResult Result => RunNumbers.Of(Drive, Now);

    public IReadOnlyDictionary<string, string> Outputs => Drive.Outputs.ToDictionary(output => output.Key.Value, output => output.Value.ToString());

    private DriveSurroundings Surroundings => new(_incarnations, AcceptanceSchemas.Compile(Accepted.Steps).Fault);

    public static DriveScript Of(CoordinateRequest request, params (string Key, string Value)[] context) =>
        new(RunExamples.Accept(request, key => context.Any(entry => key.Matches(new(entry.Key)))), context);

    public AdmitRequest Running(string step) => _running[step];

    /// <summary>From now on admissions of an agent are refused; null ends that.</summary>
    public void Refuse(string agent, Problem? problem)
    {
        _refusals.Remove(agent);
        if (problem is not null) _refusals[agent] = problem;
    }

    public SettleOutcome Complete(string step, params (string Key, string Value)[] writes) => Complete(step, new Completion
    {
        Writes = [.. writes.Select(write => new ContextWrite(new(write.Key), write.Value.Length == 0 ? null : JsonValue.Parse(write.Value)))],
    });

    public SettleOutcome Complete(string step, Completion completion) => Settle(step, SettlementKind.Completed, settlement => settlement with { Completion = completion });

    /// <summary>As <see cref="Complete(string, Completion)"/>, when somebody has to judge it before it is answered.</summary>
    public void Propose(string step, Completion completion)
    {
        var request = _running[step];
        _running.Remove(step);
        Happens(drive => drive.Settle(new() { Assignment = request.Assignment, Kind = SettlementKind.Completed, Completion = completion, AdmittedAt = Now, StartedAt = Now, EndedAt = Now, ReadVersion = request.Context.Version }, Now));
    }

    public SettleOutcome Fail(string step, bool retryable = true, string reason = "It threw.") =>
        Settle(step, SettlementKind.Failed, settlement => settlement with { Reason = reason, Retryable = retryable });

    public SettleOutcome Settle(string step, SettlementKind kind, Func<Settlement, Settlement>? more = null)
    {
        var request = _running[step];
        _running.Remove(step);
        return Settle(request, kind, more);
    }

    /// <summary>Also of an attempt that is long over.</summary>
    public SettleOutcome Settle(AdmitRequest request, SettlementKind kind, Func<Settlement, Settlement>? more = null)
    {
        var settlement = new Settlement { Assignment = request.Assignment, Kind = kind, AdmittedAt = Now, StartedAt = Now, EndedAt = Now, ReadVersion = request.Context.Version };
        var answered = Answers.Count;
        Happens(drive => drive.Settle(more is null ? settlement : more(settlement), Now));
        return Answers.Skip(answered).FirstOrDefault() ?? throw new InvalidOperationException("The attempt was not answered.");
    }

    /// <summary>A worker that outlived everybody else sends its answer; nobody is left who knows when it began.</summary>
    public void Send(AdmitRequest request, Completion completion) =>
        Happens(drive => drive.Settle(new() { Assignment = request.Assignment, Kind = SettlementKind.Completed, Completion = completion, EndedAt = Now, ReadVersion = request.Context.Version }, Now));

    public SettleOutcome Publish(string step, params (string Key, string Value)[] writes)
    {
        var answered = Answers.Count;
        Happens(drive => drive.Publish(++_tickets, _running[step].Assignment, [.. writes.Select(write => new ContextWrite(new(write.Key), JsonValue.Parse(write.Value)))], Now));
        return Answers[answered];
    }

    /// <summary>Somebody outside commits a key.</summary>
    public void Write(string key, string? value) => _log.Write(key, value is null ? null : JsonValue.Parse(value));

    /// <summary>The answer to the next commit is lost, and the commit sent again.</summary>
    public void LoseAnswer() => _losesAnswer = true;

    /// <summary>From now on the channel's conflict rules drop what steps write to a key.</summary>
    public void Drop(string key) => _log.Dropped.Add(new(key));

    /// <summary>Time passes, and everything that is due in between happens when it is.</summary>
    public void Wait(TimeSpan span)
    {
        var end = Now + span;
        while (Drive.WakeAt is { } wake && wake <= end)
        {
            Now = wake > Now ? wake : Now;
            Happens(drive => drive.Tick(Now));
        }

        Now = end;
        if (_log.EndAtDeadline()) Happens(drive => drive.ChannelEnded(_log.End!, Now));
    }

    public void Cancel()
    {
        _log.EndRun(new(Accepted.Run, 0, RunStatus.Canceled, "It was canceled.", []));
        Happens(drive => drive.ChannelEnded(_log.End!, Now));
    }

    /// <summary>The driver is lost with all it knew, and another takes over; supervisors and agents go on.</summary>
    public void Crash()
    {
        var taken = (DriverAnswer.Taken)_log.TakeDriver();
        Drive = RunDrive.TakeOver(taken.Record, taken.Context, taken.TimeLeft, Surroundings, Now);
        Drain();
    }

    /// <summary>Every silo is lost. Workers go on, but new supervisors know nothing of them before their next heartbeat.</summary>
    public void CrashAll()
    {
        foreach (var (step, request) in _running) _unheard[step] = request;
        _running.Clear();
        _incarnations.Clear();
        _incarnation++;
        _allHeardAt = Now + SupervisorLedger.HeartbeatInterval;
        Crash();
    }

    /// <summary>A worker that outlived its supervisor says that it is at work.</summary>
    public void Beat(string step)
    {
        _unheard.Remove(step, out var request);
        _running[step] = request!;
        Happens(drive => drive.Progressed(new(request!.Assignment, Now, Started: true, null, null), Now));
    }

    public ContextView Read(params string[] keys) => _log.View(keys.Select(key => new KeyPattern(key)));

    private void Happens(Action<RunDrive> what)
    {
        what(Drive);
        Drain();
    }

    private void Drain()
    {
        for (var actions = Drive.Drain(); !actions.IsEmpty; actions = Drive.Drain())
        {
            foreach (var action in actions) Do(action);
        }
    }

    private void Do(DriveAction action)
    {
        switch (action)
        {
            case DriveAction.Admit admit:
                Drive.Admitted(admit, Admit(admit), Now);
                break;
            case DriveAction.Query query:
                var live = _running.Values.Where(request => request.Assignment.Agent == query.Agent).Select(request => new LiveAttempt(request.Assignment.Step, request.Assignment.Attempt, request.Context.Version, Now));
                Drive.Queried(query, new(_incarnation, [.. live]) { Wait = _allHeardAt > Now ? _allHeardAt - Now : null }, Now);
                break;
            case DriveAction.Ask ask:
                Drive.Asked(ask, AskAnswer.Known, Now);
                break;
            case DriveAction.Commit commit:
                var committed = _log.CommitStep(commit.Body);
                Drive.Committed(commit.Body, _losesAnswer ? null : committed, Now);
                _losesAnswer = false;
                break;
            case DriveAction.Publish publish:
                Drive.Published(publish, _log.PublishStep(publish.Body), Now);
                break;
            case DriveAction.Begin begin:
                Retried.Add(begin.Body);
                Drive.Begun(begin.Body, _log.Begin(begin.Body), Now);
                break;
            case DriveAction.End end:
                Drive.EndAnswered(end.Body, _log.EndRun(end.Body), Now);
                break;
            case DriveAction.Refresh refresh:
                Drive.Refreshed(_log.View(refresh.Keys), Now);
                break;
            case DriveAction.Intend intend:
                Intents.Add(intend);
                Drive.Intended(intend, _log.View(intend.Interest), Now);
                break;
            case DriveAction.ReadOutputs read:
                Drive.OutputsRead(read, _log.View(read.Keys));
                break;
            case DriveAction.Supersede supersede:
                Superseded.Add(supersede.Assignment);
                _running.Remove(supersede.Assignment.Step);
                break;
            case DriveAction.Rebase rebase:
                Rebased.Add(rebase.Changed);
                break;
            case DriveAction.AnswerSettle answer:
                Answers.Add(answer.Outcome);
                break;
            case DriveAction.AnswerPublish answer:
                Answers.Add(answer.Outcome);
                break;
        }
    }

    private AdmitAnswer Admit(DriveAction.Admit admit)
    {
        if (admit.Request.Incarnation == 0) return new AdmitAnswer.Bounced(_incarnation);
        if (_refusals.TryGetValue(admit.Agent.Name, out var problem)) return new AdmitAnswer.Refused(problem);
        Fired.Add(admit.Request);
        _running[admit.Request.Assignment.Step] = admit.Request;
        return new AdmitAnswer.Started(Now) { Median = Median };
    }
}
