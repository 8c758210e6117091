using Rosud.Agents;
using Rosud.Networks;
using Rosud.Runs;

namespace Rosud.Supervision;

internal sealed partial class SupervisorGrain
{
    // Transports of earlier registrations whose attempts go on.
    private readonly List<IAssignmentTransport> _retired = [];
    private bool _awake;
    private int _countedRunning;
    private int _countedQueued;

    private IEnumerable<IAssignmentTransport> AllTransports => _transport is null ? _retired : _retired.Append(_transport);

    private void Register(AgentView agent)
    {
        var before = _agent;
        _agent = agent;
        Depend(before?.Spec.Dependency, agent.Spec.Dependency);
        _ledger = _ledger.WithLimits(agent.Spec, _share);
        if (_transport is not null && before?.Spec.Transport == agent.Spec.Transport) return;
        Retire();
        _transport = transports.Make(agent, _turns);
    }

    private void Unregister()
    {
        Depend(_agent?.Spec.Dependency, null);
        _agent = null;
        Retire();
        TurnAwayWaiting(_ => true, SettlementKind.Failed, "The agent was removed.");
    }

    private void Retire()
    {
        if (_transport is PullTransport pull) pull.StopAll();   // Waiting workers ask again and learn what changed.
        else if (_transport is not null) _retired.Add(_transport);
        _transport = null;
    }

    // What follows every change: hand out what may start, set the alarm, stay awake while something is under way.
    private void Advance()
    {
        if (_turns.IsOver) return;   // What comes back to an activation that has ended frees nothing here.
        Pump(answered: null);
        _alarm.Set(_ledger.NextEnd, Now);
        if (_ledger.IsIdle) _retired.Clear();
        if (_awake == _ledger.IsIdle)
        {
            _awake = !_awake;
            DelayDeactivation(_awake ? TimeSpan.MaxValue : TimeSpan.Zero);
        }

        Count(_ledger.Bulkhead.Permits.Count, _ledger.Bulkhead.Queue.Count);
    }

    /// <param name="answered">The attempt whose run learns from the answer to its admission that it started.</param>
    private void Pump(AssignmentId? answered)
    {
        while (!_turns.IsOver && _transport is { Ready: true } transport)
        {
            var now = Now;
            (_ledger, var permit) = _ledger.HandOutNext(transport.Lease, now);
            if (permit is null) return;
            HandOut(permit, transport, now);
            if (permit.Assignment != answered) _ = runs.Progress(new(permit.Assignment, now, Started: true, null, null));
        }
    }

    // Nobody waits, as a rule: then there is no queue to go through.
    private Permit? StartAtOnce(AdmitRequest request)
    {
        if (_turns.IsOver || _transport is not { Ready: true } transport) return null;
        var now = Now;
        (_ledger, var permit) = _ledger.StartAtOnce(request, transport.Lease, now);
        if (permit is not null) HandOut(permit, transport, now);
        return permit;
    }

    private void HandOut(Permit permit, IAssignmentTransport transport, DateTimeOffset now)
    {
        _breakers = _breakers.Started(permit, now);
        transport.HandOut(permit.ToAssignment(now));
    }

    private void Rang()
    {
        _alarm.Rang();
        if (_turns.IsOver) return;
        while (true)
        {
            (_ledger, var ended, var outcome) = _ledger.EndOver(Now);
            if (ended is not { } attempt) break;
            if (outcome is null) continue;
            Stopped(attempt);
            _ = _settling.Send(attempt);
        }

        Advance();
    }

    // The attempt is over and its worker has not said so: tell it.
    private void Stopped(AssignmentId attempt)
    {
        foreach (var transport in AllTransports) transport.Stop(attempt);
        _watchers.Tell(attempt);
    }

    private void Released(AssignmentId attempt, SettleOutcome answer)
    {
        if (_ledger.Kept.GetValueOrDefault(attempt) is not { } kept) return;
        var now = Now;
        _ledger = _ledger.Release(attempt, answer, now);
        Measure(kept);
        var call = kept.Counts(answer, _options);
        if (kept.EndedBadly) Suspect(kept, now);
        TellDependency(kept, call);
        if (kept.Network is { } network)
        {
            Change(_breakers.Record(attempt, network, call, kept.Threshold, now, _options, Random.Shared.NextDouble()), network);
        }

        Advance();
    }

    private void Change(Breakers next, string network)
    {
        var (before, moved) = (_breakers, next.MovedFrom(_breakers, network));
        _breakers = next;
        if (!moved) return;
        Moved(network, before[network].State, next[network].State, next[network].Reason ?? BreakerReason.Policy, next[network].RetryAt);
        if (!next.IsOpen(network)) return;
        TurnAwayWaiting(
            waiting => waiting.Request.Network == network && waiting.Request.Isolation is IsolationKind.Bulkhead && !waiting.Request.IsLastResort,
            SettlementKind.CircuitOpen,
            "The agent kept failing; its breaker opened while the attempt waited.");
    }

    private void TurnAwayWaiting(Func<Waiting, bool> which, SettlementKind kind, string reason)
    {
        var now = Now;
        foreach (var waiting in _ledger.Bulkhead.Queue.Where(which).ToList())
        {
            var retryAfter = (_breakers[waiting.Request.Network].RetryAt ?? DependencyRetryAt) - now;
            _ledger = _ledger.TurnAway(waiting.Assignment, kind, reason, kind is SettlementKind.CircuitOpen ? retryAfter : null, now);
            _ = _settling.Send(waiting.Assignment);
        }
    }

    private static void Measure(Kept kept)
    {
        if (kept.Settlement.StartedAt is not { } startedAt) return;
        var took = kept.Settlement.EndedAt - startedAt;
        SupervisionMetrics.AttemptDuration.Record(took.TotalMilliseconds, KeyValuePair.Create<string, object?>("outcome", kept.Settlement.Kind.ToString()));
    }

    private void Count(int running, int queued)
    {
        SupervisionMetrics.Running.Add(running - _countedRunning);
        SupervisionMetrics.Queued.Add(queued - _countedQueued);
        (_countedRunning, _countedQueued) = (running, queued);
    }

    private void Uncount() => Count(0, 0);
}
