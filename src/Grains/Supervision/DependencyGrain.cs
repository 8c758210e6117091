using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;
using Rosud.Agents;
using Rosud.Journal;

namespace Rosud.Supervision;

[GrainType("rosud.dependency"), Reentrant, HashBasedPlacement]
internal sealed class DependencyGrain(
    IJournals journals,
    GrainsOf<ISupervisorDoor> doors,
    SupervisionTime time,
    IOptions<BreakerOptions> breakerOptions,
    ILogger<DependencyGrain> logger) : Grain, IDependencyGrain
{
    private readonly BreakerOptions _options = breakerOptions.Value;
    private readonly SupervisionClock _clock = time.Start();
    private Dependency _dependency = Dependency.Fresh;
    private DependencyState? _pushed;
    private DateTimeOffset? _heldPushed;
    private OffPathWrites<BreakerRecord> _writes = null!;

    private DateTimeOffset Now => _clock.Now;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var durable = journals.OpenValue<BreakerRecord>(this.GetGrainId());
        await durable.Activate(cancellationToken);
        _dependency = Dependency.Restore(durable.Value, Now, _options);
        _writes = new(durable, () => _dependency.Breaker.Save(), DeactivateOnIdle, time.Provider, logger);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_writes is not null) await _writes.Finish();
    }

    public Task<DependencyState> Join(AgentId agent, int maxConcurrency)
    {
        Change(_dependency.Join(agent, maxConcurrency, _dependency.Members.GetValueOrDefault(agent)?.Running ?? 0, Now));
        return Task.FromResult(_dependency.State(Now));
    }

    public Task Leave(AgentId agent)
    {
        Change(_dependency.Leave(agent));
        return Task.CompletedTask;
    }

    public Task Report(DependencyReport report)
    {
        var now = Now;
        var next = _dependency.Join(report.Attempt.Agent, report.MaxConcurrency, report.Running, now);
        next = report.Throttled is { } wait ? next.Throttled(wait, now) : next;
        Change(next.Record(report.Attempt, report.Call, report.Threshold, now, _options, Random.Shared.NextDouble()));
        return Task.CompletedTask;
    }

    public Task<TimeSpan?> Probe(AssignmentId attempt)
    {
        var (next, retryAfter) = _dependency.Probe(attempt, Now, _options, Random.Shared.NextDouble());
        Change(next);
        return Task.FromResult(retryAfter);
    }

    public Task Reset()
    {
        Change(_dependency.Reset());
        return Task.CompletedTask;
    }

    private void Change(Dependency next)
    {
        var before = _dependency.Breaker.Save();
        _dependency = next;
        if (before != next.Breaker.Save())
        {
            _ = _writes.Request();
            SupervisionMetrics.Moved(next.Breaker.State, next.Breaker.Reason ?? BreakerReason.Operator, ofDependency: true);
        }

        Push();
    }

    private void Push()
    {
        var state = _dependency.State(Now);
        var held = state.HeldFor is null ? null : _dependency.HeldUntil;
        var before = _pushed ?? new(BreakerStateKind.Closed, null, null, null);
        if (state.Breaker == before.Breaker && state.Share == before.Share && held == _heldPushed) return;
        (_pushed, _heldPushed) = (state, held);
        foreach (var agent in _dependency.Members.Keys) doors[agent.Key].DependencyMoved(state).Ignore();
    }
}
