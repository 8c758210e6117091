using Rosud.Context;

namespace Rosud.Runs;

// Which steps are wanted, and which of them may start. SEMANTICS R1, R2, R3, R6.
internal sealed partial class RunDrive
{
    private bool _somethingMissing;
    private int _openRank;   // Of the steps that are not over, the lowest: later ranks wait behind it.

    private enum Readiness
    {
        Waits,
        Ready,
        Missing,
        Blocked,
    }

    /// <summary>Goes on as far as possible: guards, demand, starts, the end.</summary>
    private void Advance(DateTimeOffset now)
    {
        if (Ended is not null || IsStopped || _ending is not null || _queries.Count > 0) return;
        Refresh();
        WatchQuestions(now);
        for (var moved = true; moved && _ending is null;)
        {
            moved = DecideGuards(now);
            Demand();
            _openRank = _steps.Where(step => !step.IsOver).Select(step => _ranks[step.Index]).DefaultIfEmpty().Min();
            foreach (var step in _steps)
            {
                if (step.Phase == StepPhase.Waiting && step.Demanded && step.Guard == true) moved |= TryStart(step, now);
                if (step.Phase == StepPhase.Verifying) Verify(step, now);
                if (_ending is not null) return;
            }
        }

        TellBehind(now);
        if (_steps.All(step => step.IsOver || !step.Demanded)) EndByItself(now);
    }

    private void Refresh()
    {
        if (!_replica.HasGap || _refreshing) return;
        _refreshing = true;
        Act(new DriveAction.Refresh(_replica.Interest));
    }

    private bool DecideGuards(DateTimeOffset now)
    {
        var decided = false;
        foreach (var step in _steps)
        {
            if (step.Guard is not null || step.IsOver || _replica.HasGap) continue;
            var (over, failed, nothing, done) = Look(_graph.GuardProducers(step.Index));
            if (!over) continue;
            decided = true;
            if (failed)
            {
                step.Guard = true;
                Block(step, now);
                continue;
            }

            var entry = nothing && !done ? null : _replica.Find(step.Plan.When!.Key);
            step.Guard = Holds(step.Plan.When!, entry?.Value);
            if (step.Guard == false) Close(step, StepPhase.Skipped, leavesNothing: false, now, "Its guard was false.");
        }

        return decided;
    }

    private static bool Holds(StepGuard when, JsonValue? value)
    {
        if (when.Exists is { } exists) return exists == value is not null;
        if (value is null) return false;
        return when.Equal is { } equal ? equal.Equals(value) : when.In is { } any && any.Contains(value);
    }

    // A step is wanted for an output, or for a step that is wanted and whose guard holds; what decides the guard of a wanted step is wanted too.
    private void Demand()
    {
        for (var i = _steps.Length - 1; i >= 0; i--)
        {
            var step = _steps[i];
            if (step.Demanded) continue;
            step.Demanded = _accepted.Execution != Networks.ExecutionKind.SelectiveParallel || WritesOutput(step.Plan);
            foreach (var dependent in _graph.Dependents(i))
            {
                if (step.Demanded) break;
                var other = _steps[dependent];
                step.Demanded = other.Demanded && (other.Guard == true || (other.Guard is null && _graph.GuardProducers(dependent).Contains(i)));
            }
        }
    }

    private bool WritesOutput(PlannedStep step) => step.Writes.Any(write => _accepted.Outputs.Any(output => output.Overlaps(write)));

    private (bool Over, bool Failed, bool Nothing, bool Done) Look(ReadOnlySpan<int> producers)
    {
        var (over, failed, nothing, done) = (true, false, false, false);
        foreach (var producer in producers)
        {
            var step = _steps[producer];
            over &= step.IsOver;
            failed |= step.Phase == StepPhase.Failed;
            nothing |= step.LeavesNothing;
            done |= step.Phase == StepPhase.Done;
        }

        return (over, failed, nothing, done);
    }

    private bool TryStart(StepState step, DateTimeOffset now)
    {
        switch (Examine(step))
        {
            case Readiness.Blocked:
                Block(step, now);
                return true;
            case Readiness.Missing:
                Close(step, StepPhase.Skipped, leavesNothing: true, now, "A key it reads is missing.");
                return true;
            case Readiness.Ready when !_replica.HasGap:
                MarkReady(step, now);
                if (step.NotBefore > now) return false;
                Dispatch(step, now);
                return step.IsOver;
            case Readiness.Ready:
                MarkReady(step, now);
                return false;
            default:
                return false;
        }
    }

    private Readiness Examine(StepState step)
    {
        if (_ranks[step.Index] > _openRank) return Readiness.Waits;
        var answer = Readiness.Ready;
        foreach (var before in _graph.After(step.Index))
        {
            if (_steps[before].Phase == StepPhase.Failed) return Readiness.Blocked;
            if (!_steps[before].IsOver) answer = Readiness.Waits;
        }

        for (var i = 0; i < step.Plan.Reads.Length; i++)
        {
            var read = Examine(step.Plan.Reads[i], _graph.Producers(step.Index, i));
            if (read == Readiness.Blocked) return read;
            if (read == Readiness.Waits || (read == Readiness.Missing && answer == Readiness.Ready)) answer = read;
        }

        return answer;
    }

    private Readiness Examine(StepRead read, ReadOnlySpan<int> producers)
    {
        var released = true;
        foreach (var producer in producers)
        {
            var step = _steps[producer];
            if (step.Phase == StepPhase.Failed && !read.Optional) return Readiness.Blocked;
            released &= step.IsOver || step.HasEarly(read.Key);
        }

        if (!released) return Readiness.Waits;
        if (read.Optional || !read.Key.IsExact || _replica.HasGap) return Readiness.Ready;
        return _replica.Find(new(read.Key.Value)) is { } entry && !IsHidden(entry) ? Readiness.Ready : Readiness.Missing;
    }

    // R1: what a step would have written counts as missing when it failed, even if the key has an old value.
    private bool IsHidden(ContextEntry entry)
    {
        if (!_somethingMissing) return false;
        var hidden = false;
        foreach (var step in _steps)
        {
            if (!step.Plan.Writes.Any(write => write.Matches(entry.Key))) continue;
            if (step.Phase == StepPhase.Done || step.IsAtWork) return false;
            hidden |= step.LeavesNothing;
        }

        return hidden;
    }

    private void MarkReady(StepState step, DateTimeOffset now)
    {
        if (_timeline.IsReady(step.Index)) return;
        int? last = null;
        foreach (var need in _graph.Needs(step.Index))
        {
            if (_timeline.IsReady(need) && (last is null || ReleasedAt(need) > ReleasedAt(last.Value))) last = need;
        }

        if (_ranks[step.Index] > 0) last ??= Enumerable.Range(0, _steps.Length).Where(i => _ranks[i] < _ranks[step.Index]).Select(i => (int?)i).MaxBy(i => _timeline.Cursor(i!.Value));
        _timeline.Ready(step.Index, last, now);
    }

    private DateTimeOffset ReleasedAt(int step) =>
        _steps[step].IsOver || _steps[step].Early.Count == 0 ? _timeline.Cursor(step) : _steps[step].Early.Values.Max(early => early.At);
}
