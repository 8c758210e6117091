using Rosud.Agents;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Supervision;

internal sealed partial class SupervisorGrain
{
    private RetryBudget _retries = RetryBudget.Full(time.Start().Now);

    // Only a probe of an open dependency has to be asked for; every other admission is one turn.
    public Task<AdmitAnswer> Admit(AdmitRequest request) => NeedsProbe(request) ? AdmitProbe(request) : Task.FromResult(AdmitNow(request, probe: null));

    private AdmitAnswer AdmitNow(AdmitRequest request, Problem? probe)
    {
        (_ledger, var answer, var stopped) = _ledger.Screen(request, Now);
        if (stopped is { } before) Stopped(before);
        answer ??= Refusal(request, probe) is { } refusal ? Refused(refusal) : Admitted(request);
        Advance();
        return answer;
    }

    public Task<AskAnswer> Ask(RunId run, int epoch, string step, int attempt, long incarnation)
    {
        (_ledger, var answer) = _ledger.Ask(run, epoch, step, attempt, incarnation, HasWorkers, Now);
        SendKept(run);
        return Task.FromResult(answer);
    }

    public Task<QueryAnswer> Query(RunId run, int epoch)
    {
        (_ledger, var answer) = _ledger.Query(run, epoch, HasWorkers, Now);
        SendKept(run);
        return Task.FromResult(answer);
    }

    public Task Cancel(RunId run, int epoch)
    {
        var (before, now) = (_ledger, Now);
        (_ledger, var stopped) = _ledger.Cancel(run, epoch, now);
        foreach (var attempt in stopped)
        {
            Stopped(attempt);
            if (before.Bulkhead.PermitOf(attempt) is { Network: not null } permit && permit.HadItsTime(now)) Unanswered(permit, now);
        }

        Advance();
        return Task.CompletedTask;
    }

    // The run's deadline and the attempt's are one, and the run's end was told first: the agent has not answered in its time all the same.
    private void Unanswered(Permit permit, DateTimeOffset now)
    {
        var kept = Kept.Of(permit.Settlement(SettlementKind.TimedOut, now), permit, _ledger.MedianService, now);
        TellDependency(kept, kept.IsCutShort ? CallOutcome.Neutral : CallOutcome.Failed);
        if (kept.IsCutShort) return;
        Change(_breakers.Record(permit.Assignment, kept.Network!, CallOutcome.Failed, kept.Threshold, now, _options, Random.Shared.NextDouble()), kept.Network!);
    }

    public Task Supersede(AssignmentId assignment, int epoch)
    {
        (_ledger, var stopped) = _ledger.Supersede(assignment, epoch, Now);
        if (stopped) Stopped(assignment);
        Advance();
        return Task.CompletedTask;
    }

    public Task Rebase(AssignmentId assignment, int epoch, ChangedContext changed)
    {
        (_ledger, var isAtWork) = _ledger.Rebase(assignment, epoch, changed, Now);
        if (!isAtWork) return Task.CompletedTask;
        foreach (var transport in AllTransports) transport.Rebase(assignment, changed);
        _watchers.Tell(assignment);
        return Task.CompletedTask;
    }

    public Task Registered(AgentView? agent)
    {
        if (agent is null) Unregister();
        else if (agent.Revision >= (_agent?.Revision ?? 0)) Register(agent);
        Advance();
        return Task.CompletedTask;
    }

    private bool HasWorkers => _transport is PullTransport;

    private Problem? Refusal(AdmitRequest request, Problem? probe)
    {
        if (_agent is null) return Refusals.NotRegistered();
        if (_transport is null) return Refusals.NoHandler();
        if (_quarantine.Refuses(request, Now) is { } left) return Refusals.Poison(left);
        if ((probe ?? DependencyRefusal(request)) is { } depended) return depended;
        if (_ledger.Overload(request, Now) is { } overload) return overload;
        var (next, refusal) = _breakers.Admit(request, _ledger.IsAlive, Now, _options, Random.Shared.NextDouble());
        Change(next, request.Network);
        return refusal;
    }

    private static AdmitAnswer.Refused Refused(Problem problem)
    {
        SupervisionMetrics.Refusals.Add(1, KeyValuePair.Create<string, object?>("reason", problem.Kind.ToString()));
        return new(problem);
    }

    private AdmitAnswer Admitted(AdmitRequest request)
    {
        var now = Now;
        SupervisionMetrics.Admissions.Add(1);
        _retries = request.Assignment.Attempt > request.Epoch ? _retries.TrySpend(now).Next : _retries.FirstAttempts(1, now);
        if (StartAtOnce(request)?.StartedAt is { } atOnce) return new AdmitAnswer.Started(atOnce) { Median = _ledger.MedianService };
        _ledger = _ledger.Enqueue(request, now);
        Pump(answered: request.Assignment);
        return _ledger.Bulkhead.PermitOf(request.Assignment)?.StartedAt is { } startedAt ? new AdmitAnswer.Started(startedAt) { Median = _ledger.MedianService } : new AdmitAnswer.Queued();
    }

    private void SendKept(RunId run)
    {
        foreach (var attempt in _ledger.KeptOf(run)) _ = _settling.Send(attempt);
    }

    // After its supervisor was lost, a worker's word is all there is: its run decides whether the attempt still counts.
    private async Task AskRun(AssignmentId attempt)
    {
        try
        {
            var outcome = await runs.Describe(attempt.Run).WaitAsync(PublishTimeout, time.Provider);
            if (TakenBack.IsWanted(outcome, attempt)) return;
        }
        catch (Exception fault) when (fault is TimeoutException or OrleansException)
        {
            return;   // The run asks by itself when it is back; until then the lease and the deadline bound the attempt.
        }

        (_ledger, var stopped) = _ledger.Disown(attempt);
        if (stopped) Stopped(attempt);
        Advance();
    }
}
