using Rosud.Networks;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Supervision;

// The supervisor's copy of what its agent shares with others that name the same dependency.
internal sealed partial class SupervisorGrain
{
    private static readonly TimeSpan DependencyTimeout = TimeSpan.FromSeconds(2);
    private BreakerStateKind _dependencyState;
    private DateTimeOffset? _dependencyHeldUntil;
    private int? _share;

    private DateTimeOffset? DependencyRetryAt { get; set; }

    private IDependencyGrain? DependencyGrain => _agent?.Spec.Dependency is { } name ? DependencyOf(name) : null;

    public Task DependencyMoved(DependencyState state)
    {
        if (_agent?.Spec.Dependency is { } name) Learn(name, state);
        return Task.CompletedTask;
    }

    private IDependencyGrain DependencyOf(string name) => grains.GetGrain<IDependencyGrain>($"{_ledger.Agent.Tenant.Value}/{name}");

    private void Depend(string? before, string? now)
    {
        if (before is not null && before != now) DependencyOf(before).Leave(_ledger.Agent).Ignore();
        if (before != now) Forget();
        if (now is not null) _ = Join(now);
    }

    private void Forget()
    {
        (_dependencyState, DependencyRetryAt, _dependencyHeldUntil, _share) = (BreakerStateKind.Closed, null, null, null);
    }

    private async Task Join(string name)
    {
        try
        {
            var state = await DependencyOf(name).Join(_ledger.Agent, _agent!.Spec.MaxConcurrency).WaitAsync(DependencyTimeout, time.Provider);
            if (_agent?.Spec.Dependency == name) Learn(name, state);
        }
        catch (Exception fault) when (fault is TimeoutException or OrleansException)
        {
            // Its first report tells the dependency of this agent too.
        }
    }

    private void Learn(string name, DependencyState state)
    {
        var (now, before) = (Now, _dependencyState);
        _dependencyState = state.Breaker;
        DependencyRetryAt = state.Breaker is BreakerStateKind.Open ? now + state.RetryAfter : null;
        _share = state.Share;
        _ledger = _ledger.WithLimits(_agent!.Spec, _share);
        if (state.HeldFor is { } held)
        {
            _dependencyHeldUntil = now + held;
            _ledger = _ledger.Hold(now + held);
        }

        if (before != state.Breaker)
        {
            var reason = state.Breaker switch
            {
                BreakerStateKind.Closed => BreakerReason.ProbesSucceeded,
                BreakerStateKind.HalfOpen => BreakerReason.ProbeDue,
                _ => before is BreakerStateKind.HalfOpen ? BreakerReason.ProbeFailed : BreakerReason.FailureRate,
            };
            TellChannels(new(_ledger.Agent.Name, null, name, before, state.Breaker, reason, now, DependencyRetryAt));
        }

        if (state.Breaker is BreakerStateKind.Open)
        {
            TurnAwayWaiting(waiting => waiting.Request.Isolation is IsolationKind.Bulkhead, SettlementKind.CircuitOpen, "What the agent depends on kept failing; its breaker opened while the attempt waited.");
        }

        Advance();
    }

    private bool NeedsProbe(AdmitRequest request) =>
        _dependencyState is BreakerStateKind.Open or BreakerStateKind.HalfOpen
        && request.Isolation is IsolationKind.Bulkhead
        && request.Incarnation == _ledger.Incarnation
        && !(Now < DependencyRetryAt);

    private async Task<AdmitAnswer> AdmitProbe(AdmitRequest request)
    {
        var name = _agent?.Spec.Dependency ?? "it";
        TimeSpan? wait = DependencyTimeout;
        try
        {
            if (DependencyGrain is { } dependency) wait = await dependency.Probe(request.Assignment).WaitAsync(DependencyTimeout, time.Provider);
        }
        catch (Exception fault) when (fault is TimeoutException or OrleansException)
        {
            // Nobody can say whether it may go: better later.
        }

        return AdmitNow(request, probe: wait is { } retryAfter ? Refusals.DependencyOpen(name, retryAfter) : null);
    }

    private Problem? DependencyRefusal(AdmitRequest request) =>
        _agent?.Spec.Dependency is { } name && _dependencyState is BreakerStateKind.Open && request.Isolation is IsolationKind.Bulkhead && DependencyRetryAt - Now is { } left && left > TimeSpan.Zero
            ? Refusals.DependencyOpen(name, left)
            : null;

    private void TellDependency(Kept kept, CallOutcome call)
    {
        if (DependencyGrain is not { } dependency) return;
        var throttled = kept.Settlement.Kind is SettlementKind.Deferred ? kept.Settlement.RetryAfter : null;
        if (throttled is null && call is CallOutcome.Neutral && _dependencyState is BreakerStateKind.Closed) return;
        dependency.Report(new(kept.Assignment, call, throttled, kept.Threshold, _ledger.Bulkhead.Permits.Count + 1, _agent!.Spec.MaxConcurrency)).Ignore();
    }

    private async Task ResetDependency()
    {
        if (DependencyGrain is not { } dependency) return;
        await dependency.Reset();
        Forget();
        _ledger = _ledger.WithLimits(_agent!.Spec);
    }

    private DependencyView? DependencyView() => _agent?.Spec.Dependency is { } name
        ? new(name, _dependencyState, DependencyRetryAt, _dependencyHeldUntil > Now ? _dependencyHeldUntil : null, _share)
        : null;
}
