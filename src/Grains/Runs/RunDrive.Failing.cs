using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;

namespace Rosud.Runs;

// Retries, their budget, and what happens when a step fails for good. SEMANTICS R10, R12, R15.
internal sealed partial class RunDrive
{
    /// <summary>The log answered the record of another attempt; null when nothing came back in time.</summary>
    public void Begun(BeginAttempt sent, StepAnswer? answer, DateTimeOffset now)
    {
        if (IsStopped) return;
        _recordsOut--;
        var step = _byId[sent.Step];
        if (answer is StepAnswer.Done done) Learn(done);
        if (Ended is null && step.Phase == StepPhase.Retrying && step.Begin?.Attempt == sent.Attempt) Begun(step, sent, answer, now);
        else if (Ended is null && step.IsWithdrawn && answer is null) Act(new DriveAction.Begin(sent));
        else if (Ended is null && step.IsWithdrawn) CommitHeld(now);
        Follow(answer, now);
        Advance(now);
    }

    private void Begun(StepState step, BeginAttempt sent, StepAnswer? answer, DateTimeOffset now)
    {
        switch (answer)
        {
            case null:
                Act(new DriveAction.Begin(sent));
                break;
            case StepAnswer.Done begun:
                step.Retries++;
                step.Fence = sent.Attempt;
                step.Unlogged.Remove(sent.Last);
                step.Early.Clear();
                Logged(sent.Verified);
                if (sent.Charged) _charged++;
                _timeline.Add(now, "retried", step, detail: sent.Cause.ToString().ToLowerInvariant());
                if (sent.Asked is not null && begun.Question is { } question) Asked(step, sent, question, now);
                else GoOn(step, sent, now);
                break;
            case StepAnswer.Already already:
                WasDone(step, already, now);
                break;
            case StepAnswer.BudgetSpent when step.Then is AfterBegin.Again or AfterBegin.Fallback:
                GiveUp(step, sent.Cause, StatusOf(sent.Cause), sent.Last, now, mayFallBack: false);
                break;
            case StepAnswer.EpochLost or StepAnswer.Ended:
                break;
            case not null when step.Then == AfterBegin.Ask:
                NotAsked(step, sent, answer, now);
                break;
            default:
                Close(step, step.Then == AfterBegin.Skip ? StepPhase.Skipped : StepPhase.Failed, leavesNothing: true, now, step.Reason);
                break;
        }
    }

    private void GoOn(StepState step, BeginAttempt sent, DateTimeOffset now)
    {
        switch (step.Then)
        {
            case AfterBegin.Again:
                step.Phase = StepPhase.Waiting;
                break;
            case AfterBegin.Fallback:
                FallBack(step);
                step.Failures = 0;
                step.Phase = StepPhase.Waiting;
                break;
            case AfterBegin.Default:
                step.Attempt = sent.Attempt;
                CommitDefault(step, now);
                break;
            default:
                Close(step, step.Then == AfterBegin.Skip ? StepPhase.Skipped : StepPhase.Failed, leavesNothing: true, now, step.Reason);
                break;
        }
    }

    private static void FallBack(StepState step)
    {
        step.FellBack = true;
        step.Agent = step.Plan.OnFailure.Agent!;
    }

    // R15: default values pass schema, mode and push like any write.
    private void CommitDefault(StepState step, DateTimeOffset now)
    {
        var values = step.Plan.OnFailure.Values!.Value;
        if (_acceptance(step.Plan, values) is { } fault)
        {
            step.Why = RunStatus.AcceptanceFailed;
            Close(step, StepPhase.Failed, leavesNothing: true, now, fault);
            return;
        }

        step.Phase = StepPhase.Committing;
        step.Commit = new()
        {
            Run = _accepted.Run,
            Epoch = _epoch,
            Step = step.Plan.Id,
            Attempt = new() { Step = step.Plan.Id, Agent = Origin.Platform, Attempt = step.Attempt, Outcome = AttemptOutcome.Accepted, EndedAt = now, Reason = "The step's default." },
            Writes = values,
            Reads = [],
            Writer = Origin.Platform,
        };
        TryCommit(step, now);
    }

    // A charged retry, if there is one left and the step may have it.
    private void Fail(StepState step, RetryCause cause, AttemptOutcome outcome, string reason, bool retryable, DateTimeOffset now, Usage? usage = null)
    {
        var last = Ending(step, outcome, reason, now, usage);
        if (cause != RetryCause.Stale && !step.Plan.Group.IsEmpty)
        {
            step.Avoid = step.Avoid.Add(step.Agent);
            _groups.Ended(AgentOf(step), isGood: false, now);
        }

        if (cause == RetryCause.Failure) step.Failures++;
        var left = _accepted.RetryBudget - _charged;
        var mayFallBack = step.Plan.OnFailure.Kind == OnFailureKind.Fallback && !step.FellBack;
        if (!retryable || step.Failures >= FailuresMax || left <= 0 || (cause == RetryCause.Stale && IsTooLate(step, now))) GiveUp(step, cause, StatusOf(cause), last, now);
        else if (mayFallBack && left == 1 && cause != RetryCause.Stale) Again(step, cause, charged: true, last, AfterBegin.Fallback);   // The last retry is better spent on the other agent.
        else Again(step, cause, charged: true, last, AfterBegin.Again);
    }

    // What the platform lost is not charged, but a step that takes its supervisor down again and again is poison.
    private void Retry(StepState step, RetryCause cause, bool charged, AttemptView last, DateTimeOffset now)
    {
        if (step.StartedAt is not null && ++step.Failures >= FailuresMax) GiveUp(step, cause, RunStatus.Failed, last, now);
        else Again(step, cause, charged, last, AfterBegin.Again);
    }

    private void Again(StepState step, RetryCause cause, bool charged, AttemptView last, AfterBegin then, DateTimeOffset notBefore = default)
    {
        step.Phase = StepPhase.Retrying;
        step.Then = then;
        step.NotBefore = notBefore;
        step.Commit = null;
        step.Begin = new(_accepted.Run, _epoch, step.Plan.Id, Math.Max(_epoch + step.Retries, step.Fence) + 1, cause, charged, last) { Verified = VerifiedOf(step), FallsBack = then == AfterBegin.Fallback, Unsaid = _budget.Reserved(step.Plan.Id, last.Attempt) };
        StopJudging(step);
        Act(new DriveAction.Begin(step.Begin));
    }

    private void GiveUp(StepState step, RetryCause cause, RunStatus status, AttemptView last, DateTimeOffset now, bool mayFallBack = true)
    {
        step.Why = status;
        step.Reason = last.Reason;
        var kind = step.Plan.OnFailure.Kind;
        if (kind == OnFailureKind.Fallback && mayFallBack && !step.FellBack && _charged < _accepted.RetryBudget) Again(step, cause, charged: true, last, AfterBegin.Fallback);
        else if (kind == OnFailureKind.Default) Again(step, cause, charged: false, last, AfterBegin.Default);
        else if (step.Early.Count > 0) Again(step, cause, charged: false, last, kind == OnFailureKind.Skip ? AfterBegin.Skip : AfterBegin.Fail);   // Its record withdraws the early keys.
        else Close(step, kind == OnFailureKind.Skip ? StepPhase.Skipped : StepPhase.Failed, leavesNothing: true, now, last.Reason);
    }

    private void Block(StepState step, DateTimeOffset now)
    {
        if (_cause is { } cause) step.Why = cause.Status;
        Close(step, StepPhase.Failed, leavesNothing: true, now, "What it depends on failed.");
    }

    private void Close(StepState step, StepPhase phase, bool leavesNothing, DateTimeOffset now, string? reason)
    {
        if (step.Judged is not null)
        {
            NotJudged(step, reason, now);
            return;
        }

        StopJudging(step);
        step.Phase = step.Plan.Optional ? StepPhase.Skipped : phase;
        step.LeavesNothing = leavesNothing;
        step.Reason = reason;
        _somethingMissing |= leavesNothing;
        if (step.Phase == StepPhase.Failed) _cause ??= (step.Why, $"Step {step.Plan.Id}: {reason}");
        MarkReady(step, now);
        _timeline.Mark(step.Index, step.Attempt, "backoff", now);
        _timeline.Add(now, step.Phase == StepPhase.Skipped ? "skipped" : "failed", step, detail: reason);
        foreach (var other in _steps)
        {
            if ((other.IsAtWork || other.Phase == StepPhase.Asking) && other.RestsNow.Contains(step.Index)) Drop(other, step, now);
        }

        CommitHeld(now);
    }

    // R3: what rests on early keys of a step that ended without an accepted attempt is superseded or, when held, dropped.
    private void Drop(StepState step, StepState producer, DateTimeOffset now)
    {
        if (step.Phase == StepPhase.Requested) Act(new DriveAction.Supersede(AssignmentOf(step)));
        if (step.Phase == StepPhase.Verifying) Answer(step, step.Attempt, Settled(SettleKind.Stale));
        if (step.Phase == StepPhase.Asking)
        {
            if (producer.Phase == StepPhase.Failed) Block(step, now);
            else step.Phase = StepPhase.Waiting;   // Asked again, if it can start without.
            return;
        }

        var isOptional = !step.Plan.Reads.Where((read, i) => !read.Optional && _graph.Producers(step.Index, i).Contains(producer.Index)).Any();
        const string Reason = "An early value it was handed was withdrawn.";
        if (isOptional)
        {
            Fail(step, RetryCause.Stale, AttemptOutcome.Stale, Reason, retryable: true, now);
            return;
        }

        Ending(step, AttemptOutcome.Stale, Reason, now);
        if (producer.Phase == StepPhase.Failed) Block(step, now);
        else Close(step, StepPhase.Skipped, leavesNothing: true, now, Reason);
    }

    private void CommitHeld(DateTimeOffset now)
    {
        foreach (var step in _steps)
        {
            if (step.Phase == StepPhase.Held) TryCommit(step, now);
        }
    }

    private static RunStatus StatusOf(RetryCause cause) => cause switch
    {
        RetryCause.Stale => RunStatus.StaleExhausted,
        RetryCause.Acceptance => RunStatus.AcceptanceFailed,
        _ => RunStatus.Failed,
    };

    private AttemptView Ending(StepState step, AttemptOutcome outcome, string? reason, DateTimeOffset now, Usage? usage = null)
    {
        MarkAttempt(step, now, now);
        _budget.Abandon(step.Plan.Id, step.Attempt);
        var view = Viewed(step, outcome, reason, now) with { Usage = usage ?? new() };
        _attempts.Add(view);
        _timeline.Add(now, outcome.ToString().ToLowerInvariant(), step, detail: reason);
        view = view with { Handed = HandedTo(step) };
        step.Unlogged.Add(view);
        return view;
    }

    // For the audit chain: the log's records and the result are spared it.
    private static ImmutableArray<HandedKey> HandedTo(StepState step) =>
        step.View is { } view ? [.. view.Entries.Take(HandedMax).Select(entry => new HandedKey(entry.Key, entry.Version))] : [];

    private static AttemptView Viewed(StepState step, AttemptOutcome outcome, string? reason, DateTimeOffset now) => new()
    {
        Step = step.Plan.Id,
        Agent = step.Agent,
        Attempt = step.Attempt,
        Outcome = outcome,
        StartedAt = step.StartedAt,
        EndedAt = now,
        ReadVersion = step.ReadVersion,
        Reason = reason,
        MayHaveStarted = step is { StartedAt: null, Admissions: > 0 },
    };

    private void MarkAttempt(StepState step, DateTimeOffset endedAt, DateTimeOffset now)
    {
        DateTimeOffset Known(DateTimeOffset at) => at < now ? at : now;
        if (step.AdmittedAt is { } admitted) _timeline.Mark(step.Index, step.Attempt, "queue", Known(admitted));
        if (step.StartedAt is { } started)
        {
            _timeline.Mark(step.Index, step.Attempt, step.AdmittedAt is null ? "queue" : "dispatch", Known(started));
            _timeline.Mark(step.Index, step.Attempt, step.Judged is null ? "work" : "verify", Known(endedAt));
        }
        else
        {
            _timeline.Mark(step.Index, step.Attempt, "queue", now);
        }
    }
}
