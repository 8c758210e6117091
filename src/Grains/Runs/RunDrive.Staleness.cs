using Rosud.Channels;
using Rosud.Context;

namespace Rosud.Runs;

// Telling running attempts that what they were handed has changed. The log's check at commit does not depend on it.
internal sealed partial class RunDrive
{
    private void TellBehind(DateTimeOffset now)
    {
        if (_replica.HasGap) return;
        foreach (var step in _steps)
        {
            if (step.Phase != StepPhase.Requested || step.View is not { } handed || step.IsTold) continue;
            Compare(step, handed, now);
            if (TellAt(step) <= now) Tell(step, handed, now);
        }
    }

    private DateTimeOffset? TellAt(StepState step) =>
        step.Phase == StepPhase.Requested && !step.IsTold && step.BehindSince is { } since && _accepted.StalenessThreshold is { } threshold ? since + threshold : null;

    private void Compare(StepState step, ContextView handed, DateTimeOffset now)
    {
        if (step.ComparedAt == _replica.Version) return;
        step.ComparedAt = _replica.Version;
        var current = View(step);
        var changed = ViewDifference.Between(handed, current, _accepted.Run, step.Plan.Id);
        if (changed.Length == 0)
        {
            step.BehindSince = null;
            return;
        }

        var since = changed.Select(key => _replica.Find(key)?.CommittedAt ?? now).Min();
        step.BehindSince ??= since < now ? since : now;
    }

    private void Tell(StepState step, ContextView handed, DateTimeOffset now)
    {
        var current = View(step);
        foreach (var key in ViewDifference.Between(handed, current, _accepted.Run, step.Plan.Id))
        {
            if (NoteStale(step, "behind", key)) _timeline.Add(now, "behind", step, current.Version, key.Value);
        }

        Detections.Add(now - step.BehindSince!.Value);
        if (_accepted.OnStaleContext is not (OnStaleContext.RetryWithFresh or OnStaleContext.Rebase) || _charged >= _accepted.RetryBudget)
        {
            step.IsTold = true;   // With no retry left the attempt goes on: the value may come back before it commits.
            return;
        }

        Act(new DriveAction.Supersede(AssignmentOf(step)));
        step.Outdated = handed;
        Fail(step, RetryCause.Stale, AttemptOutcome.Stale, "What it was handed has changed.", retryable: true, now);
    }
}
