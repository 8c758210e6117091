using Rosud.Channels;
using Rosud.Context;

namespace Rosud.Runs;

// Telling running attempts that what they were handed has changed. The log's check at commit does not depend on it.
internal sealed partial class RunDrive
{
    private readonly Dictionary<string, TimeSpan> _medians = new(StringComparer.Ordinal);   // What each agent's last answers took.

    private void TellBehind(DateTimeOffset now)
    {
        if (_replica.HasGap) return;
        foreach (var step in _steps)
        {
            if (step.Phase != StepPhase.Requested || (step.Offered ?? step.View) is not { } handed || step.IsTold) continue;
            Compare(step, handed, now);
            if (TellAt(step) <= now) Tell(step, handed, now);
        }
    }

    // The first key whose threshold passes tells; each has its own (SEMANTICS C12). Not before its admission is answered: what was handed out is on record with its start (C16).
    private DateTimeOffset? TellAt(StepState step) => step is { Phase: StepPhase.Requested, IsAdmitting: false, IsTold: false } ? EarliestTold(step) : null;

    private DateTimeOffset? EarliestTold(StepState step)
    {
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
        if (_accepted.OnStaleContext == OnStaleContext.Rebase && step is { Plan.Rebase: true, FellBack: false, View: not null })
        {
            Offer(step, current, now);
            return;
        }

        if (_accepted.OnStaleContext is not (OnStaleContext.RetryWithFresh or OnStaleContext.Rebase) || _charged >= _accepted.RetryBudget)
        {
            step.IsTold = true;   // With no retry left the attempt goes on: the value may come back before it commits.
            return;
        }

        Act(new DriveAction.Supersede(AssignmentOf(step)));
        step.Outdated = handed;
        Fail(step, RetryCause.Stale, AttemptOutcome.Stale, "What it was handed has changed.", retryable: true, now);
    }

    // R13 rebase: the attempt goes on and may take in what has changed, any number of times; its completion says whether it did.
    private void Offer(StepState step, ContextView current, DateTimeOffset now)
    {
        var changed = ViewDifference.Between(step.View!, current, _accepted.Run, step.Plan.Id);
        step.Offered = current;
        step.Behind.Clear();
        NoteEarlyReads(step);
        var delta = current with { Entries = [.. current.Entries.Where(entry => changed.Contains(entry.Key))] };
        Hand(step.Agent, delta);
        _timeline.Add(now, "rebased", step, current.Version, string.Join(' ', changed.Select(key => key.Value)));
        Act(new DriveAction.Rebase(AssignmentOf(step), new(new(step.View!.Version, changed), delta)));
    }

    // An answer that names a later version has taken in what it was offered. One that no reading of this run can have is a fault.
    private bool TakesIn(StepState step, ContextVersion basedOn)
    {
        if (basedOn < step.ReadVersion || basedOn > _replica.Version) return false;
        if (step.Offered is { } offered && offered.Version <= basedOn) step.View = offered;
        if (basedOn != step.ReadVersion) step.Work = step.Work is not null && step.View?.Version == basedOn ? WorkHash.Of(_accepted, step.Plan, step.View) : null;   // Of other work than was sent; of what is between two offers nothing is known.
        step.ReadVersion = basedOn;
        return true;
    }

    /// <summary>Others wait with what a step's last try reads, and this is what that is now; null when nothing came back in time.</summary>
    public void Intended(DriveAction.Intend sent, ContextView? view, DateTimeOffset now)
    {
        if (Ended is not null || IsStopped || !_byId.TryGetValue(sent.Step, out var step) || step.Intended != sent.Attempt) return;
        step.AwaitsIntent = false;
        if (view is not null)
        {
            _replica.Load(view);
            Note(view.Version);
        }

        Advance(now);
    }

    // The last retry of a step that was stale: others wait with what it reads, so that it gets through when it is fast.
    private bool Intends(StepState step, int attempt)
    {
        if (_charged < _accepted.RetryBudget || step.Outdated is null || step.Intended == attempt) return false;
        step.Intended = attempt;
        step.AwaitsIntent = true;
        Act(new DriveAction.Intend(step.Plan.Id, attempt, [.. step.Plan.Reads.Select(read => read.Key)], _replica.Interest));
        return true;
    }

    // A retry that the agent could not end in time would only be work for nothing.
    private bool IsTooLate(StepState step, DateTimeOffset now) => _medians.TryGetValue(step.Agent, out var median) && _deadline - now < median;
}
