using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;

namespace Rosud.Runs;

// What the channel's log answers and says. PROTOCOL-runs §4, §5.
internal sealed partial class RunDrive
{
    private int _recordsOut;
    private readonly SortedDictionary<string, int> _staleEvents = new(StringComparer.Ordinal);

    /// <summary>Events by kind: <c>stale</c> and <c>behind</c>, each at most once per attempt and key.</summary>
    public IReadOnlyDictionary<string, int> StaleEvents => _staleEvents;

    /// <summary>When attempts were told that they are behind, measured from the commit that they had not seen.</summary>
    public List<TimeSpan> Detections { get; } = [];

    /// <summary>The log answered a commit; null when nothing came back in time.</summary>
    public void Committed(StepCommit sent, StepAnswer? answer, DateTimeOffset now)
    {
        if (IsStopped) return;
        _recordsOut--;
        var step = _byId[sent.Step];
        var isCurrent = step.Phase == StepPhase.Committing && step.Attempt == sent.Attempt.Attempt;
        if (answer is StepAnswer.Done made) Learn(made);
        if (isCurrent) Committed(step, sent, answer, now);
        Follow(answer, now);
        Advance(now);
        TryFinish();
    }

    /// <summary>Changes of keys that the run reads, between two versions.</summary>
    public void Changed(ContextVersion from, ContextVersion to, ImmutableArray<Change> changes, DateTimeOffset now)
    {
        if (Ended is not null || IsStopped) return;
        if (_recordsOut > 0) _replica.Hear(to);   // What a record on its way wrote may lie in between, and the log does not tell a run of its own changes.
        else _replica.Apply(from, to, changes);
        Note(to);
        CommitHeld(now);
        Advance(now);
    }

    /// <summary>The run's interest as it is now; null when nothing came back in time.</summary>
    public void Refreshed(ContextView? view, DateTimeOffset now)
    {
        if (Ended is not null || IsStopped) return;
        _refreshing = false;
        if (view is not null)
        {
            _replica.Load(view);
            Note(view.Version);
        }

        Advance(now);
    }

    private void Committed(StepState step, StepCommit sent, StepAnswer? answer, DateTimeOffset now)
    {
        var attempt = step.Attempt;
        switch (answer)
        {
            case null:
                Act(new DriveAction.Commit(sent));
                break;
            case StepAnswer.Done done:
                NoteStale(step, done.Flagged, now);
                var made = sent.IsRecall ? done.Recalled : sent.Writes;
                ImmutableArray<ContextWrite> kept = [.. made.Where(write => !done.Dropped.Contains(write.Key) && !done.Parked.Contains(write.Key))];
                var wrote = WroteOf(step, kept);
                TakeEarly(step, kept);
                if (step.AnsweredBy != AnsweredBy.Agent) Take(kept);   // What was equal already made no change.
                Take(done.Changes);
                Logged(sent.Verified);
                step.Made = sent.Writer is null && _alike[step.Index] && !Effects.Any(effect => effect.Step == step.Plan.Id) ? Whole(step, made) : null;
                Accept(step, sent.Attempt with { WroteVersion = done.Version, Handed = [] }, wrote, sent.Reads, now);
                Answer(step, attempt, new SettleOutcome.Settled(SettleKind.Accepted, done.Version));
                break;
            case StepAnswer.Already already:
                WasDone(step, already, now);
                Answer(step, attempt, already.Attempt.Attempt == attempt ? new SettleOutcome.Settled(SettleKind.Accepted, already.Attempt.WroteVersion) : new SettleOutcome.Refused(Fenced));
                break;
            case StepAnswer.EpochLost:
                break;
            case StepAnswer.Ended:
            case not null when Ended is not null:
                Cut(step, now);
                Answer(step, attempt, new SettleOutcome.Refused(Fenced));
                break;
            case StepAnswer.Provisional:
                Hold(step, now);
                Withdraw(step);
                break;
            case not null when step.AnsweredBy != AnsweredBy.Agent:
                NotSpared(step, answer, now);
                break;
            default:
                NotAccepted(step, sent, answer, now);
                break;
        }
    }

    // The log knows of early keys of steps that have ended here without an accepted attempt: a record of another attempt, which never comes, withdraws them.
    private void Withdraw(StepState held)
    {
        foreach (var need in _graph.Needs(held.Index))
        {
            var step = _steps[need];
            if (step.Phase is not (StepPhase.Skipped or StepPhase.Failed) || step.IsWithdrawn) continue;
            step.IsWithdrawn = true;
            var last = new AttemptView { Step = step.Plan.Id, Agent = step.Agent, Attempt = step.Attempt, Outcome = AttemptOutcome.Canceled, Reason = step.Reason };
            Act(new DriveAction.Begin(new(_accepted.Run, _epoch, step.Plan.Id, Math.Max(_epoch + step.Retries, step.Fence) + 1, RetryCause.Lost, Charged: false, last)));
        }
    }

    private void NotAccepted(StepState step, StepCommit sent, StepAnswer answer, DateTimeOffset now)
    {
        (SettleOutcome settled, var cause, var outcome, var reason) = answer switch
        {
            StepAnswer.Stale stale => (Settled(SettleKind.Stale), RetryCause.Stale, AttemptOutcome.Stale, StaleReason(step, stale, now)),
            StepAnswer.Refused refused => (Settled(SettleKind.Rejected, refused.Problem.Detail), RetryCause.Acceptance, AttemptOutcome.Rejected, refused.Problem.Detail),
            _ => ((SettleOutcome)new SettleOutcome.Refused(Fenced), RetryCause.Failure, AttemptOutcome.Lost, "A later attempt has the step."),
        };
        _timeline.Mark(step.Index, step.Attempt, outcome == AttemptOutcome.Stale ? "conflict" : "commit", now);
        if (sent.Writer is not null)
        {
            step.Why = StatusOf(cause);
            Close(step, StepPhase.Failed, leavesNothing: true, now, reason);
            return;
        }

        step.Outdated = outcome == AttemptOutcome.Stale ? step.View : step.Outdated;
        if (answer is StepAnswer.Stale changed && _accepted.OnStaleContext == OnStaleContext.Escalate && !step.HasAnswers && TryEscalate(step, sent, changed, reason, now)) return;
        Answer(step, step.Attempt, settled);
        if (outcome == AttemptOutcome.Stale && _accepted.OnStaleContext == OnStaleContext.Reject)
        {
            GiveUp(step, cause, RunStatus.Rejected, Ending(step, outcome, reason, now, sent.Attempt.Usage), now, mayFallBack: false);
        }
        else
        {
            Fail(step, cause, outcome, reason, retryable: true, now, sent.Attempt.Usage);
        }
    }

    private static SettleOutcome.Settled Settled(SettleKind kind, string? reason = null) => new(kind, null, reason);

    private string StaleReason(StepState step, StepAnswer.Stale stale, DateTimeOffset now)
    {
        _replica.Load(stale.Context);
        Note(stale.Context.Version);
        NoteStale(step, stale.Keys, now);
        return stale.Keys.Length == 0 ? "What it read has changed." : $"It read {stale.Keys[0].Key} at {stale.Keys[0].Read}, which changed at {stale.Keys[0].Current}.";
    }

    private void NoteStale(StepState step, ImmutableArray<StaleKey> keys, DateTimeOffset now)
    {
        foreach (var key in keys)
        {
            if (NoteStale(step, "stale", key.Key)) _timeline.Add(now, "stale", step, key.Current, key.Key.Value);
        }
    }

    private bool NoteStale(StepState step, string kind, ContextKey key)
    {
        if (!step.Noted.Add((step.Attempt, kind, key))) return false;
        _staleEvents[kind] = _staleEvents.GetValueOrDefault(kind) + 1;
        return true;
    }

    private void Accept(StepState step, AttemptView attempt, ImmutableArray<ContextKey> wrote, ImmutableArray<KeyPattern> read, DateTimeOffset now)
    {
        if (!step.Plan.Group.IsEmpty) _groups.Ended(AgentOf(step), isGood: true, now);
        step.Phase = StepPhase.Done;
        step.Done = attempt;
        step.Wrote = wrote;
        step.Read = read;
        _attempts.Add(attempt);
        _committedAt = now;
        _timeline.Mark(step.Index, attempt.Attempt, "commit", now);
        if (step.AnsweredBy != AnsweredBy.Agent) _timeline.Add(now, step.AnsweredBy == AnsweredBy.Memo ? "memo" : "equal", step, detail: attempt.Reason);
        _timeline.Add(now, "committed", step, attempt.WroteVersion);
        CommitHeld(now);
    }

    // Another driver's commit landed, or ours did and its answer was lost: what it wrote must be read.
    private void WasDone(StepState step, StepAnswer.Already already, DateTimeOffset now)
    {
        var attempt = already.Attempt;
        if (attempt.WroteVersion is { } version) _replica.Hear(version);
        _replica.Doubt();
        if (step.Commit?.Attempt.Attempt == attempt.Attempt) Logged(VerifiedOf(step));
        Accept(step, attempt, already.Wrote, [.. step.Plan.Reads.Select(read => read.Key)], now);
        ReadOutputs();
    }

    private void Learn(StepAnswer.Done done)
    {
        _replica.Apply(done.Changes);
        Note(done.Version);
    }

    private void Note(ContextVersion version) => Version = version > Version ? version : Version;

    private void Take(ImmutableArray<Change> changes)
    {
        foreach (var change in changes) Take(change.Writes);
    }

    // What an attempt wrote, with what it had published and not written again; null when that is not known here.
    private static ImmutableArray<ContextWrite>? Whole(StepState step, ImmutableArray<ContextWrite> made)
    {
        var early = LeftEarly(step, made).ToList();
        return early.All(left => left.Value.IsKnown) ? [.. made, .. early.Select(left => new ContextWrite(left.Key, left.Value.Value))] : null;
    }

    // What an attempt had published and its completion left as it was.
    private static IEnumerable<KeyValuePair<ContextKey, PublishedKey>> LeftEarly(StepState step, ImmutableArray<ContextWrite> made) =>
        step.Early.Where(early => made.All(write => write.Key != early.Key));

    private static ImmutableArray<ContextKey> WroteOf(StepState step, ImmutableArray<ContextWrite> kept) =>
        [.. kept.Where(write => write.Value is not null).Select(write => write.Key).Concat(LeftEarly(step, kept).Where(left => !left.Value.IsDeletion).Select(left => left.Key))];

    // R4: what was published and not written again is accepted as it is.
    private void TakeEarly(StepState step, ImmutableArray<ContextWrite> kept)
    {
        foreach (var (key, early) in LeftEarly(step, kept))
        {
            if (early.IsKnown) Take([new ContextWrite(key, early.Value)]);
            else if (_accepted.Outputs.Any(output => output.Matches(key))) ReadOutputs();
        }
    }

    private void Take(ImmutableArray<ContextWrite> writes)
    {
        foreach (var write in writes)
        {
            if (!_accepted.Outputs.Any(output => output.Matches(write.Key))) continue;
            if (write.Value is null) _outputs.Remove(write.Key);
            else _outputs[write.Key] = write.Value;
        }
    }

    private void Follow(StepAnswer? answer, DateTimeOffset now)
    {
        switch (answer)
        {
            case StepAnswer.EpochLost when Ended is null:
                IsStopped = true;
                foreach (var step in _steps) step.Lease = step.Lease?.End();
                Act(new DriveAction.Stop());
                break;
            case StepAnswer.Ended ended:
                End(ended.End, now);
                break;
            case StepAnswer.Done { End: { } end }:
                End(end, now);
                break;
        }
    }
}
