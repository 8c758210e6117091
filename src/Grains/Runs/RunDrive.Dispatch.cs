using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Runs;

// Sending attempts to supervisors, and finding out what became of them. PROTOCOL-runs §3: Admit, Ask.
internal sealed partial class RunDrive
{
    // A wait that ends at the brink of the deadline would only begin what is cut short at once, in the place of a probe that could tell something.
    private const double LeftShare = 1.1;

    /// <summary>A supervisor answered an admission; null when nothing came back in time.</summary>
    public void Admitted(DriveAction.Admit sent, AdmitAnswer? answer, DateTimeOffset now)
    {
        if (answer is AdmitAnswer.Bounced seen) _incarnations[sent.Agent] = seen.Incarnation;
        if (Current(sent.Request.Assignment) is not { Phase: StepPhase.Requested } step || step.SentTo != sent.Request.Incarnation) return;
        step.IsAdmitting = false;
        switch (answer)
        {
            case null or AdmitAnswer.Ignored:
                Ask(step);
                break;
            case AdmitAnswer.Bounced bounced when sent.Request.Incarnation == 0:
                step.Admissions--;
                step.SentTo = bounced.Incarnation;
                Act(new DriveAction.Admit(sent.Agent, sent.Request with { Incarnation = bounced.Incarnation, TimeLeft = _deadline - now }));
                break;
            case AdmitAnswer.Bounced bounced when bounced.Incarnation != sent.Request.Incarnation:
                step.Admissions--;
                Retry(step, RetryCause.Lost, charged: false, Ending(step, AttemptOutcome.Lost, "Its supervisor was lost.", now), now);
                break;
            case AdmitAnswer.Started started:
                step.StartedAt ??= started.At;
                if (started.Median is { } median) _medians[step.Agent] = median;
                _timeline.Add(now, "started", step);
                break;
            case AdmitAnswer.Queued:
                _timeline.Add(now, "queued", step);
                break;
            case AdmitAnswer.Refused refused:
                step.Admissions--;
                Refused(step, refused.Problem, now);
                break;
        }

        Advance(now);
    }

    /// <summary>A supervisor answered what became of an attempt; null when nothing came back in time.</summary>
    public void Asked(DriveAction.Ask sent, AskAnswer? answer, DateTimeOffset now)
    {
        if (Ended is not null || IsStopped || !_byId.TryGetValue(sent.Step, out var step) || step.Attempt != sent.Attempt) return;
        step.AskInFlight = false;
        if (step.Phase != StepPhase.Requested || step.SentTo != sent.Incarnation) return;
        switch (answer)
        {
            case null:
                Ask(step);
                break;
            case AskAnswer.NeverSeen:
                step.Admissions = 0;
                Act(Admission(step, step.View ?? View(step), now));
                break;
            case AskAnswer.Lost:
                Retry(step, RetryCause.Lost, charged: false, Ending(step, AttemptOutcome.Lost, "Its supervisor was lost.", now), now);
                break;
            case AskAnswer.LostHere:
                Fail(step, RetryCause.Failure, AttemptOutcome.Lost, "The attempt was lost by its worker.", retryable: true, now);
                break;
        }

        Advance(now);
    }

    /// <summary>An attempt was handed out or said how far it is.</summary>
    public void Progressed(AttemptProgress progress, DateTimeOffset now)
    {
        HeardOf(progress.Assignment.Agent.Name);
        if (Current(progress.Assignment) is not { Phase: StepPhase.Requested } step) return;
        if (progress.Started && step.StartedAt is null)
        {
            step.IsAdmitting = false;
            step.StartedAt = progress.At;
            _timeline.Add(now, "started", step);
        }

        if (progress.Progress is not null || progress.Status is not null)
        {
            _timeline.Add(now, "progress", step, detail: progress.Progress is { } share ? string.Create(CultureInfo.InvariantCulture, $"{share:P0} {progress.Status}") : progress.Status);
        }
    }

    private static void Admitting(StepState step)
    {
        step.IsAdmitting = true;
        step.Admissions++;
    }

    // The step that this attempt is the current one of, while the run is open.
    private StepState? Current(AssignmentId assignment) =>
        Ended is null && !IsStopped && _byId.TryGetValue(assignment.Step, out var step) && step.Attempt == assignment.Attempt && step.Agent == assignment.Agent.Name ? step : null;

    private void Dispatch(StepState step, DateTimeOffset now)
    {
        if (step.Judged is null && (step.AwaitsIntent || IsSpared(step, now))) return;
        var attempt = Math.Max(_epoch + step.Retries, step.Fence);
        if (step.Judged is null && Intends(step, attempt)) return;
        Choose(step, now);
        if (!_budget.TryReserve(step.Agent, step.Plan.Id, attempt))
        {
            if (!Everyone.Any(other => other.Phase is StepPhase.Requested or StepPhase.Committing or StepPhase.Held or StepPhase.Asking)) EndRun(RunStatus.BudgetExceeded, _budget.IsSpent ? "The budget is spent." : $"What is left of the budget is less than what the next call of {step.Agent} may use.", now);
            return;
        }

        Prepare(step, step.Judged is null ? View(step) : ViewOfJudge(step), attempt, now);
        step.Phase = StepPhase.Requested;
        step.Lease = step.Plan.Group.IsEmpty || step.FellBack ? null : _groups.Enter(AgentOf(step));
        Hand(step.Agent, step.View!);
        _timeline.Add(now, "requested", step, step.ReadVersion);
        Act(Admission(step, step.View!, now));
    }

    private void Prepare(StepState step, ContextView view, int attempt, DateTimeOffset now)
    {
        step.Attempt = attempt;
        step.AdmittedAt = step.StartedAt = null;
        step.Admissions = 0;
        step.Behind.Clear();
        step.IsTold = false;
        step.ComparedAt = null;
        step.RestsNow.Clear();
        step.AskInFlight = false;
        step.NotBefore = default;
        step.Early.Clear();
        step.View = view;
        step.Answers = AnswersFor(step);
        step.Offered = null;
        step.ReadVersion = view.Version;
        step.SentTo = _incarnations.TryGetValue(AgentOf(step), out var known) ? known : 0;
        NoteEarlyReads(step);
        _timeline.Mark(step.Index, attempt, step.Judged is not null ? "dispatch" : _timeline.Spans(step.Index).Count == 0 ? "context" : "backoff", now);
    }

    // A step that named a capability goes to whoever of its group is best off; a fallback was named.
    private void Choose(StepState step, DateTimeOffset now)
    {
        step.IsLastResort = false;
        if (step.Plan.Group.IsEmpty || step.FellBack) return;
        var spread = (uint)(_accepted.Run.Name.GetHashCode(StringComparison.Ordinal) ^ step.Index);
        var (agent, isLastResort) = _groups.Choose(_accepted.Run.Tenant, step.Plan.Group, step.Avoid, spread, now);
        (step.Agent, step.IsLastResort) = (agent, isLastResort);
    }

    private readonly Dictionary<string, long> _handedBytes = new(StringComparer.Ordinal);

    /// <summary>Bytes of context handed to each agent.</summary>
    public IReadOnlyDictionary<string, long> HandedBytes => _handedBytes;

    private void Hand(string agent, ContextView view) => _handedBytes[agent] = _handedBytes.GetValueOrDefault(agent) + SizeOf(view);

    private ContextView View(StepState step) => _replica.View(step.Plan.Reads, IsHidden);

    private void NoteEarlyReads(StepState step)
    {
        if (step.Judged is not null) return;
        for (var i = 0; i < step.Plan.Reads.Length; i++)
        {
            foreach (var producer in _graph.Producers(step.Index, i))
            {
                if (_steps[producer].IsOver || !_steps[producer].HasEarly(step.Plan.Reads[i].Key)) continue;
                step.RestsOn.Add((producer, _steps[producer].Attempt));
                step.RestsNow.Add(producer);
            }
        }
    }

    private DriveAction.Admit Admission(StepState step, ContextView view, DateTimeOffset now) => new(AgentOf(step), new()
    {
        Assignment = AssignmentOf(step),
        Epoch = _epoch,
        Incarnation = step.SentTo,
        Goal = step.Plan.Goal,
        Input = _accepted.Task.Input,
        Context = view,
        Changed = step.Outdated is { } old ? new(old.Version, ViewDifference.Between(old, view, _accepted.Run, step.Plan.Id)) : null,
        IdempotencyKey = IdempotencyKey(step, view),
        TimeLeft = _deadline - now,
        Timeout = step.Plan.TimeoutOf(step.Agent),
        Priority = _accepted.Priority,
        AcceptedAt = _accepted.AcceptedAt,
        Network = _accepted.Network,
        BreakerThreshold = _accepted.BreakerThreshold,
        Isolation = _accepted.Isolation,
        Fallback = step.FellBack,
        Answers = step.Answers,
        Proposed = ProposedTo(step),
        Feedback = step.Feedback,
        IsLastResort = step.IsLastResort,
        TraceParent = $"00-{_accepted.TraceId}-{SpanOf($"{_accepted.Run.Key}/{step.Plan.Id}/{step.Attempt}")}-01",
    });

    // R9: the same after a failure or loss, another after what the attempt reads has changed.
    private string IdempotencyKey(StepState step, ContextView view)
    {
        var text = new StringBuilder($"{_accepted.Run.Key}\n{step.Plan.Id}\n");
        foreach (var entry in view.Entries) text.Append(entry.Key.Value).Append(' ').Append(entry.Value.Hash).Append('\n');
        foreach (var write in step.Judged?.Commit?.Writes ?? []) text.Append("proposed ").Append(write.Key.Value).Append(' ').Append(write.Value?.Hash).Append('\n');
        return Digest(text.ToString());
    }

    // The same attempt has the same span, whoever drives the run. All zeros would be no span.
    private static string SpanOf(string attempt) => Math.Max(1, XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(attempt))).ToString("x16", CultureInfo.InvariantCulture);

    private static string Digest(string text) => ContentHash.Of(Encoding.UTF8.GetBytes(text)).ToString();

    private static long SizeOf(ContextView view) => view.Entries.Sum(entry => (long)entry.Key.Value.Length + entry.Value.Length);

    // The watch timer, a lost answer and an ignored admission all come to this; one at a time.
    private void Ask(StepState step)
    {
        if (step.AskInFlight) return;
        step.AskInFlight = true;
        Act(new DriveAction.Ask(AgentOf(step), step.Plan.Id, step.Attempt, step.SentTo));
    }

    // R11: nothing of the attempt was seen by the agent, so the same attempt may be sent again.
    private void Refused(StepState step, Problem problem, DateTimeOffset now)
    {
        _budget.Release(step.Plan.Id, step.Attempt);
        _timeline.Add(now, "refused", step, detail: problem.Detail);
        if (AnotherOfGroup(step, problem, now)) return;
        var (status, wait) = Wait(step, problem);
        if (wait is { } delay && Leaves(delay, now))
        {
            step.Phase = StepPhase.Waiting;
            step.NotBefore = now + delay;
            return;
        }

        GiveUp(step, RetryCause.Failure, status, Ending(step, AttemptOutcome.Refused, problem.Detail, now), now);
    }

    private bool Leaves(TimeSpan wait, DateTimeOffset now) => wait * LeftShare < _deadline - now;

    // Somebody else of the group may have room: each is asked once before the step waits.
    private bool AnotherOfGroup(StepState step, Problem problem, DateTimeOffset now)
    {
        if (step.Plan.Group.IsEmpty || step.FellBack) return false;
        if (problem.Kind is ProblemKind.CircuitOpen) _groups.Eject(AgentOf(step), now + Sensible(problem.RetryAfter), now);
        step.Avoid = step.Avoid.Add(step.Agent);
        var isLeft = step.Plan.Group.Any(member => !step.Avoid.Contains(member.Agent));
        if (!isLeft) step.Avoid = [];
        step.Phase = isLeft ? StepPhase.Waiting : step.Phase;
        return isLeft;
    }

    private static (RunStatus Status, TimeSpan? Wait) Wait(StepState step, Problem problem) => problem.Kind switch
    {
        ProblemKind.CircuitOpen => (RunStatus.CircuitOpen, step.Plan.OnFailure.Kind == OnFailureKind.Fail ? problem.RetryAfter : null),
        ProblemKind.Overloaded => (RunStatus.Overloaded, Sensible(problem.RetryAfter)),
        ProblemKind.ContractRejected => (RunStatus.Rejected, null),   // Poison: it failed three times on this very view.
        _ => (RunStatus.Failed, null),
    };

    private static TimeSpan Sensible(TimeSpan? delay) => delay is not { } wait ? DeferralDefault : wait < TimeSpan.FromMilliseconds(10) ? TimeSpan.FromMilliseconds(10) : wait;
}
