using Rosud.Channels;
using Rosud.Context;

namespace Rosud.Runs;

// Work that need not be done: it was done in an earlier run (memo, opt-in), or by another step of this one. SEMANTICS R7.
internal sealed partial class RunDrive
{
    private const string FromMemo = "It was answered from an earlier run.";
    private const string FromEqual = "A step of this run had done the equal work.";

    /// <summary>Attempts that were not made because a step of this run did the equal work.</summary>
    public int DuplicatesPrevented => _steps.Count(step => step.AnsweredBy == AnsweredBy.EqualStep);

    /// <summary>Steps that were answered from an earlier run.</summary>
    public int MemoHits => _steps.Count(step => step.AnsweredBy == AnsweredBy.Memo);

    // True when nothing has to be sent to an agent now: the answer is on its way to the log, or another step is at the equal work.
    private bool IsSpared(StepState step, DateTimeOffset now)
    {
        if (step.FellBack || step.AsksAgent || !(step.Plan.Memo || _alike[step.Index])) return false;   // Of a fallback: its first agent's answer is not this one's.
        var view = View(step);
        var work = WorkHash.Of(_accepted, step.Plan, view);
        step.Work = work;
        foreach (var other in _steps)
        {
            if (other == step || other.Work != work || other.FellBack) continue;
            if (other.Phase is StepPhase.Requested or StepPhase.Verifying or StepPhase.Committing or StepPhase.Held or StepPhase.Retrying) return true;   // It goes on when that one ends.
            if (other is { Phase: StepPhase.Done, Made: { } made } && other.Done!.Agent == step.Agent) return Answered(step, view, AnsweredBy.EqualStep, made, now);
        }

        return step.Plan.Memo && step.Forgotten != work && Answered(step, view, AnsweredBy.Memo, [], now);
    }

    private bool Answered(StepState step, ContextView view, AnsweredBy by, System.Collections.Immutable.ImmutableArray<ContextWrite> writes, DateTimeOffset now)
    {
        Prepare(step, view, Math.Max(_epoch + step.Retries, step.Fence), now);
        step.AnsweredBy = by;
        var reason = by == AnsweredBy.Memo ? FromMemo : FromEqual;
        step.Commit = new()
        {
            Run = _accepted.Run,
            Epoch = _epoch,
            Step = step.Plan.Id,
            Attempt = Viewed(step, AttemptOutcome.Accepted, reason, now),
            Writes = writes,
            Reads = [.. step.Plan.Reads.Select(read => read.Key)],
            FlagStale = _accepted.OnStaleContext == OnStaleContext.Flag,
            Work = step.Work,
            IsRecall = by == AnsweredBy.Memo,
            IsCopy = by == AnsweredBy.EqualStep,
        };
        TryCommit(step, now);
        return true;
    }

    /// <summary>Whether the attempt was answered without its agent.</summary>
    public static bool IsSpared(AttemptView done) => Answerer(done) != AnsweredBy.Agent;

    private static AnsweredBy Answerer(AttemptView done) =>
        done.StartedAt is not null ? AnsweredBy.Agent : done.Reason == FromMemo ? AnsweredBy.Memo : done.Reason == FromEqual ? AnsweredBy.EqualStep : AnsweredBy.Agent;

    // Nothing is remembered, what it rested on has changed meanwhile, or it is refused: nothing was spent, and the step begins again.
    private void NotSpared(StepState step, StepAnswer answer, DateTimeOffset now)
    {
        _timeline.Mark(step.Index, step.Attempt, answer is StepAnswer.Stale ? "conflict" : "commit", now);
        if (answer is StepAnswer.Stale stale) _replica.Load(stale.Context);
        else if (answer is StepAnswer.Forgotten) step.Forgotten = step.Work;
        else step.AsksAgent = true;
        step.AnsweredBy = AnsweredBy.Agent;
        step.Commit = null;
        step.Phase = StepPhase.Waiting;
    }
}
