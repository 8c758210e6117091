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

    // The first key whose threshold passes tells; each has its own (SEMANTICS C12).
    private DateTimeOffset? TellAt(StepState step)
    {
        if (step.Phase != StepPhase.Requested || step.IsTold) return null;
        DateTimeOffset? earliest = null;
        foreach (var (key, since) in step.Behind)
        {
            if ((_thresholds.For(key).StalenessThreshold ?? _accepted.StalenessThreshold) is not { } threshold) continue;
            if (earliest is null || since + threshold < earliest) earliest = since + threshold;
        }

        return earliest;
    }

    private void Compare(StepState step, ContextView handed, DateTimeOffset now)
    {
        if (step.ComparedAt == _replica.Version) return;
        step.ComparedAt = _replica.Version;
        var changed = ViewDifference.Between(handed, View(step), _accepted.Run, step.Plan.Id);
        foreach (var key in step.Behind.Keys.Except(changed).ToList()) step.Behind.Remove(key);
        foreach (var key in changed)
        {
            var since = _replica.Find(key)?.CommittedAt ?? now;
            step.Behind.TryAdd(key, since < now ? since : now);
        }
    }

    private void Tell(StepState step, ContextView handed, DateTimeOffset now)
    {
        var current = View(step);
        foreach (var key in ViewDifference.Between(handed, current, _accepted.Run, step.Plan.Id))
        {
            if (NoteStale(step, "behind", key)) _timeline.Add(now, "behind", step, current.Version, key.Value);
        }

        Detections.Add(now - step.Behind.Values.Min());
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
