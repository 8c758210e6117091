using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;

namespace Rosud.Runs;

// How a run ends. SEMANTICS R10.
internal sealed partial class RunDrive
{
    private EndRun? _ending;
    private bool _readingOutputs;
    private DateTimeOffset _committedAt;   // When this driver last heard of a commit.

    /// <summary>The run has ended and all that its result needs is known.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>The log answered the end; null when nothing came back in time.</summary>
    public void EndAnswered(EndRun sent, StepAnswer? answer, DateTimeOffset now)
    {
        if (Ended is not null || IsStopped) return;
        if (answer is null) Act(new DriveAction.End(sent));
        else if (answer is StepAnswer.Done { End: null } done) End(new(sent.Status, now, done.Version, sent.Detail), now);
        Follow(answer, now);
    }

    /// <summary>The channel says that the run ended.</summary>
    public void ChannelEnded(RunEnd end, DateTimeOffset now)
    {
        if (!IsStopped) End(end, now);
    }

    /// <summary>Outputs that an earlier driver saw committed; null when nothing came back in time.</summary>
    public void OutputsRead(DriveAction.ReadOutputs sent, ContextView? view)
    {
        if (view is null)
        {
            Act(sent);
            return;
        }

        var accepted = _steps.SelectMany(step => step.Wrote).ToHashSet();
        foreach (var entry in view.Entries)
        {
            if (accepted.Contains(entry.Key) && _accepted.Outputs.Any(output => output.Matches(entry.Key))) _outputs.TryAdd(entry.Key, entry.Value);
        }

        _readingOutputs = false;
        TryFinish();
    }

    private void ReadOutputs()
    {
        if (_readingOutputs) return;
        _readingOutputs = true;
        Act(new DriveAction.ReadOutputs(_accepted.Outputs));
    }

    // Whether nothing is left to do once this step is done; then its commit can carry the end.
    private bool IsLast(StepState step) => _steps.All(other => other == step || other.IsOver || !other.Demanded);

    private (RunStatus Status, string? Detail) StatusIfDone(StepState? step, ImmutableArray<ContextWrite> writes)
    {
        var isAll = _accepted.Outputs.All(output => IsAccepted(output, step, writes));
        return isAll ? (RunStatus.Completed, null)
            : _cause is { } cause ? (cause.Status, cause.Reason)
            : (RunStatus.Partial, "Something wanted is missing because its step was optional, skipped or did not write it.");
    }

    private bool IsAccepted(KeyPattern output, StepState? doing, ImmutableArray<ContextWrite> writes)
    {
        if (output.IsExact)
        {
            var key = new ContextKey(output.Value);
            if (_steps.Any(step => step.Wrote.Contains(key))) return true;
            if (writes.FirstOrDefault(write => write.Key == key) is { } written) return written.Value is not null;
            return doing is not null && doing.Early.TryGetValue(key, out var early) && !early.IsDeletion;
        }

        var producers = _steps.Where(step => step.Plan.Writes.Any(write => write.Overlaps(output))).ToArray();
        return producers.Any(step => step.Phase == StepPhase.Done || step == doing)
            && producers.All(step => step == doing || step.Phase == StepPhase.Done || (step.Phase != StepPhase.Failed && !step.LeavesNothing));
    }

    private void EndByItself(DateTimeOffset now)
    {
        var (status, detail) = StatusIfDone(null, []);
        EndRun(status, detail, now);
    }

    private void EndRun(RunStatus status, string? detail, DateTimeOffset now)
    {
        if (_ending is not null) return;
        _ending = new(_accepted.Run, _epoch, status, detail, Unfinished(detail, now));
        Act(new DriveAction.End(_ending));
    }

    /// <summary>Attempts that no record names yet, with those that an end now would cut off.</summary>
    public ImmutableArray<AttemptView> Unfinished(string? detail, DateTimeOffset now) =>
        [.. Everyone.SelectMany(step => step.Unlogged), .. Everyone.Where(step => step.IsAtWork).Select(step => Viewed(step, AttemptOutcome.Canceled, detail, now) with { Handed = HandedTo(step) })];

    private void End(RunEnd end, DateTimeOffset now)
    {
        if (Ended is not null) return;
        Ended = end;
        Note(end.Version);
        var agents = new HashSet<AgentId>(_queries.Keys.Select(name => new AgentId(_accepted.Run.Tenant, name)));
        foreach (var step in Everyone)
        {
            if (step.Phase is StepPhase.Requested or StepPhase.Retrying or StepPhase.Verifying) agents.Add(AgentOf(step));
            if (step.Phase == StepPhase.Verifying || (step.Phase == StepPhase.Retrying && step.Begin is { Asked.Kind: QuestionKind.Agent })) Answer(step, step.Phase == StepPhase.Verifying ? step.Attempt : step.Begin!.Last.Attempt, new SettleOutcome.Refused(Fenced));
            if (step.Phase is StepPhase.Requested or StepPhase.Held or StepPhase.Verifying) Cut(step, now);
        }

        foreach (var settlement in _queries.Values.SelectMany(query => query.Held)) Refuse(settlement, now);
        foreach (var (ticket, _, _) in _heldCalls) Act(new DriveAction.AnswerPublish(ticket, new SettleOutcome.Refused(Fenced)));
        _queries.Clear();
        _heldCalls.Clear();
        if (agents.Count > 0) Act(new DriveAction.Cancel([.. agents]));
        TryFinish();
    }

    private void Cut(StepState step, DateTimeOffset now)
    {
        Ending(step, AttemptOutcome.Canceled, "The run ended first.", now);
        step.Phase = StepPhase.Failed;
    }

    // A commit on its way may have landed before the end: repeating it tells, so the result waits for its answer.
    private void TryFinish()
    {
        if (Ended is null || IsFinished || _readingOutputs || _steps.Any(step => step.Phase == StepPhase.Committing)) return;
        IsFinished = true;
        if (_committedAt > Ended.At) Ended = Ended with { At = _committedAt };   // The log has ended it with that commit; here it ends when that is known.
        _timeline.Add(Ended.At, "ended", version: Ended.Version, detail: Ended.Status.ToString());
        Act(new DriveAction.Finish(Ended));
    }
}
