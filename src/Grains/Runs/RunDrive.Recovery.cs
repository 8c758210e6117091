using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Supervision;

namespace Rosud.Runs;

// Taking over from a driver that was lost. PROTOCOL-runs §5: a run comes back.
internal sealed partial class RunDrive
{
    // Agents whose supervisor has not said yet what is alive.
    private readonly Dictionary<string, OpenQuery> _queries = new(StringComparer.Ordinal);
    private readonly List<(long Ticket, AssignmentId Assignment, Action<DateTimeOffset> Again)> _heldCalls = [];

    /// <summary>A supervisor answered what is alive; null when nothing came back in time.</summary>
    public void Queried(DriveAction.Query sent, QueryAnswer? answer, DateTimeOffset now)
    {
        if (Ended is not null || IsStopped || !_queries.TryGetValue(sent.Agent.Name, out var query)) return;
        if (answer is null)
        {
            Act(sent);
            return;
        }

        _incarnations[sent.Agent] = answer.Incarnation;
        foreach (var live in answer.Live.OrderByDescending(live => live.Attempt))
        {
            if (_byId.TryGetValue(live.Step, out var step)) Adopt(step, sent.Agent, live.Attempt, answer.Incarnation, live.ReadVersion, live.StartedAt, now);
        }

        if (answer.Wait is { } wait && MayBeAtWork(sent.Agent.Name))
        {
            query.AskAt = now + wait;
            return;
        }

        _queries.Remove(sent.Agent.Name);
        foreach (var settlement in query.Held)
        {
            if (settlement.Kind is SettlementKind.Completed or SettlementKind.Asked && _byId.TryGetValue(settlement.Assignment.Step, out var step))
            {
                Adopt(step, sent.Agent, settlement.Assignment.Attempt, answer.Incarnation, settlement.ReadVersion, settlement.StartedAt, now);
            }
        }

        SkipWhatWasSkipped(now);
        foreach (var settlement in query.Held) Settle(settlement, now);
        var calls = _heldCalls.Where(call => call.Assignment.Agent == sent.Agent).ToArray();
        _heldCalls.RemoveAll(call => call.Assignment.Agent == sent.Agent);
        foreach (var (_, _, again) in calls) again(now);
        Advance(now);
    }

    /// <summary>A worker of an agent said something, so its supervisor knows more than when it told us to wait.</summary>
    public void HeardOf(string agent)
    {
        if (!_queries.TryGetValue(agent, out var query) || query.AskAt is null) return;
        query.AskAt = null;
        Act(new DriveAction.Query(new(_accepted.Run.Tenant, agent)));
    }

    private void AskAgain(DateTimeOffset now)
    {
        foreach (var (agent, _) in _queries.Where(query => query.Value.AskAt <= now).ToArray()) HeardOf(agent);
    }

    // Whether an attempt of that agent can be at work that its supervisor has not heard of. Where no step can be skipped, none has started before what it needs was there.
    private bool MayBeAtWork(string agent)
    {
        var isPlain = _steps.All(step => step.Plan.When is null && step.Plan.OnFailure.Kind is not OnFailureKind.Skip);
        return _steps.Any(step => step.Phase == StepPhase.Waiting && MayCall(step, agent)
            && !(isPlain && LacksNeeds(step)));
    }

    private bool LacksNeeds(StepState step)
    {
        foreach (var need in _graph.Needs(step.Index))
        {
            if (_steps[need].Phase != StepPhase.Done && _steps[need].EarlyBefore.IsEmpty) return true;
        }

        return false;
    }

    private static bool MayCall(StepState step, string agent) =>
        step.Plan.Agent == agent || step.Plan.OnFailure.Agent == agent || step.Plan.Group.Any(member => member.Agent == agent);

    private void Restore(RunRecord record, DateTimeOffset now)
    {
        _charged = record.Retries;
        foreach (var child in record.Children.Values) Restore(child);
        foreach (var step in _steps)
        {
            if (record.Steps.TryGetValue(step.Plan.Id, out var known)) Restore(step, known, now);
        }

        foreach (var judge in _judges)
        {
            if (record.Steps.TryGetValue(judge.Plan.Id, out var known)) RestoreJudge(judge, known);
        }

        _attempts.Sort((one, other) => Nullable.Compare(one.EndedAt, other.EndedAt));
        if (_steps.Any(step => step.Wrote.Any(key => _accepted.Outputs.Any(output => output.Matches(key))))) ReadOutputs();
        _timeline.Add(now, "driver", detail: $"epoch {_epoch}");
        if (record.End is { } end)
        {
            End(end, now);
            return;
        }

        foreach (var step in _steps.Where(step => !step.IsOver))
        {
            Ask(step.Plan.Agent);
            foreach (var judge in step.Judges) Ask(judge.Agent);
            foreach (var member in step.Plan.Group) Ask(member.Agent);
            if (step.Plan.OnFailure is { Kind: OnFailureKind.Fallback, Agent: { } other }) Ask(other);
        }

        // A result may come before all supervisors have answered: what else is wanted must be known then.
        Demand();
        SkipWhatWasSkipped(now);
    }

    // What a step waited for was over when it started, unless it started on an early key; and it was over for certain when the step was accepted.
    // So a step that something relied on without it was skipped by an earlier driver, and stays so: its guard is judged once.
    private void SkipWhatWasSkipped(DateTimeOffset now)
    {
        if (_queries.Count > 0) return;
        foreach (var step in _steps)
        {
            if (step.Phase != StepPhase.Waiting || !WasOver(step)) continue;
            step.Guard ??= false;
            Close(step, StepPhase.Skipped, leavesNothing: step.Plan.When is null || step.HasRecord, now, "An earlier driver has skipped it.");
        }
    }

    private bool WasOver(StepState step)
    {
        foreach (var dependent in _graph.Dependents(step.Index))
        {
            var other = _steps[dependent];
            if (other.Phase == StepPhase.Done && other.Done!.Agent != Origin.Platform)
            {
                var relied = other.Read.Any(read => step.Plan.Writes.Any(write => write.Overlaps(read)));
                if (relied || _graph.After(dependent).Contains(step.Index) || _graph.GuardProducers(dependent).Contains(step.Index)) return true;
            }

            if (!step.HasRecord && (other.Phase == StepPhase.Done || other.IsAtWork || other.HasRecord)) return true;
        }

        return false;
    }

    private void Ask(string agent)
    {
        if (_queries.TryAdd(agent, new())) Act(new DriveAction.Query(new(_accepted.Run.Tenant, agent)));
    }

    private void Restore(StepState step, StepRecord known, DateTimeOffset now)
    {
        step.Retries = known.Retries;
        step.Fence = known.Fence;
        step.EarlyBefore = known.Early;
        step.HasRecord = !known.Ended.IsEmpty || !known.Early.IsEmpty;
        if (step.HasRecord) step.Guard = true;   // It has started before, so its guard was judged.
        if (known.FellBack) FallBack(step);
        foreach (var attempt in known.Ended)
        {
            _attempts.Add(attempt);
            if (attempt.Outcome != AttemptOutcome.Refused) _budget.Count();
            _budget.Settle(attempt.Agent, step.Plan.Id, attempt.Attempt, attempt.Usage, isAnswer: attempt.Outcome is AttemptOutcome.Stale or AttemptOutcome.Rejected);
            if (attempt.Outcome is AttemptOutcome.Failure or AttemptOutcome.Timeout or AttemptOutcome.Lost && attempt.StartedAt is not null && (!known.FellBack || attempt.Agent == step.Agent)) step.Failures++;
            if (attempt.Outcome == AttemptOutcome.Deferred) step.Deferrals++;
        }

        _budget.Keep(step.Plan.Id, known.Unsaid);
        foreach (var effect in known.Effects) Know(effect);
        step.Questions = known.Questions;
        step.Pending = known.Pending;
        if (known.Done is not { } done)
        {
            RestoreQuestion(step, known);
            return;
        }

        _budget.Count();
        _budget.Settle(done.Agent, step.Plan.Id, done.Attempt, done.Usage);
        _attempts.Add(done);
        step.Phase = StepPhase.Done;
        step.Guard = step.Demanded = true;
        step.Done = done;
        step.AnsweredBy = Answerer(done);
        step.Attempt = done.Attempt;
        step.Agent = done.Agent;
        step.Wrote = known.Wrote;
        step.Read = known.Read;
        _timeline.Ready(step.Index, LastNeed(step), done.StartedAt ?? done.EndedAt ?? now);
        _timeline.Mark(step.Index, done.Attempt, "work", done.EndedAt ?? now);
    }

    private int? LastNeed(StepState step)
    {
        int? last = null;
        foreach (var need in _graph.Needs(step.Index))
        {
            if (_timeline.IsReady(need) && (last is null || _timeline.Cursor(need) > _timeline.Cursor(last.Value))) last = need;
        }

        return last;
    }

    private void Adopt(StepState step, AgentId agent, int attempt, long incarnation, ContextVersion read, DateTimeOffset? startedAt, DateTimeOffset now)
    {
        var isFallback = agent.Name != step.Plan.Agent && !step.Plan.Group.Any(member => member.Agent == agent.Name);
        if (step.Judged is not null || step.Phase != StepPhase.Waiting || attempt < step.Fence || attempt > _epoch + step.Retries || (isFallback && agent.Name != step.Plan.OnFailure.Agent)) return;
        if (read > _replica.Version) read = ContextVersion.None;   // Its worker's word, and there is no such version: nothing is known of what it read.
        step.Phase = StepPhase.Requested;
        step.Guard = step.Demanded = true;
        step.Attempt = attempt;
        step.Agent = agent.Name;
        step.FellBack = isFallback;
        step.SentTo = incarnation;
        step.ReadVersion = read;
        step.View = Handed(step, read);
        step.StartedAt = startedAt;
        step.Admissions = 1;
        foreach (var early in step.EarlyBefore.Where(early => early.Attempt == attempt)) step.Early[early.Key] = new(now, null, early.IsDeletion);
        _budget.Adopt(step.Agent, step.Plan.Id, attempt);
        _timeline.Ready(step.Index, LastNeed(step), startedAt ?? now);
        _timeline.Add(now, "adopted", step);
    }

    // What an earlier driver handed out at that version, when nothing of it is newer now: then the attempt can be told of what changes from here on.
    private ContextView? Handed(StepState step, ContextVersion read)
    {
        if (_replica.HasGap) return null;
        var view = View(step);
        return view.Entries.All(entry => entry.Version <= read) ? view with { Version = read } : null;
    }

    private sealed class OpenQuery
    {
        /// <summary>Settles that wait for the answer.</summary>
        public List<Settlement> Held { get; } = [];

        /// <summary>When to ask again, after the supervisor said that its workers may not all have been heard; null while a question is on its way.</summary>
        public DateTimeOffset? AskAt { get; set; }
    }
}
