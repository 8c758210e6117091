using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Rosud.Journal;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Agents;

// Reentrant, so that a supervisor that comes to life through a registration can ask for it; writes wait for each other at the gate.
[GrainType("rosud.agent"), Reentrant, HashBasedPlacement]
internal sealed class AgentGrain(
    IJournals journals,
    IGrainFactory grains,
    IAgentNames names,
    Catalog catalog,
    WebhookHosts hosts,
    SupervisionTime time,
    ILogger<AgentGrain> logger) : Grain, IAgentGrain, IAgentPanel
{
    private static readonly TimeSpan PushTimeout = TimeSpan.FromSeconds(2);
    private readonly Gate _gate = new();
    private AgentId _id;
    private IDurableValue<AgentRecord> _durable = null!;
    private bool _listed;
    private bool _pushed = true;   // A supervisor that wakes up asks by itself.
    private bool _isKnown;   // An activation before this one may have written and not told anybody.

    private AgentRecord Record => _durable.Value ?? AgentRecord.None;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _id = AgentId.FromKey(this.GetPrimaryKeyString());
        _durable = journals.OpenValue<AgentRecord>(this.GetGrainId());
        await _durable.Activate(cancellationToken);
        if (Record.Revision > 0) _gate.Enter(Relist).Ignore();   // The list is wrong when a silo died between the record and it.
    }

    public Task<AgentOutcome> Register(AgentSpec spec) => _gate.Enter<AgentOutcome>(async () =>
    {
        var made = Record.Spec is null;
        var (next, problem) = Record.Register(spec, time.Provider.GetUtcNow());
        problem ??= hosts.Refuse(spec.Transport);
        if (problem is not null) return new AgentOutcome.Refused(problem);
        await Write(next);
        if (!_listed) await names.Add(_id);
        _listed = true;
        await Push();
        await Known();
        return new AgentOutcome.Found(Record.View(_id)!, made);
    });

    public Task<AgentOutcome> Describe() => Task.FromResult<AgentOutcome>(Record.View(_id) is { } agent
        ? new AgentOutcome.Found(agent, Made: false)
        : new AgentOutcome.Refused(Refusals.NotRegistered()));

    public Task<AgentOutcome> Remove() => _gate.Enter<AgentOutcome>(async () =>
    {
        if (Record.Revision == 0) return new AgentOutcome.Refused(Refusals.NotRegistered());
        await Write(Record.Remove());
        await names.Remove(_id);
        _listed = false;
        await Push();
        await Known();
        return new AgentOutcome.Removed();
    });

    public Task<AgentState> GetState() => Task.FromResult(new AgentState(
        Record.Revision, Record.Spec?.Transport.Kind.ToString() ?? "not registered", Record.Spec?.MaxConcurrency ?? 0, Record.Spec?.QueueLimit ?? 0));

    private async Task Write(AgentRecord next)
    {
        if (ReferenceEquals(next, Record)) return;
        try
        {
            await _durable.Write(next);
            _pushed = _isKnown = false;
        }
        catch
        {
            // Only storage knows whether it landed: the next activation asks it.
            DeactivateOnIdle();
            throw;
        }
    }

    // Before it is acknowledged, nobody reads the one before any more.
    private async Task Known()
    {
        if (_isKnown) return;
        await catalog.Changed(_id.Tenant);
        _isKnown = true;
    }

    // The registration is durable already: a supervisor that cannot be reached now asks when it comes back.
    private async Task Push()
    {
        if (_pushed) return;
        try
        {
            await grains.GetGrain<ISupervisorDoor>(_id.Key).Registered(Record.View(_id)).WaitAsync(PushTimeout, time.Provider);
            _pushed = true;
        }
        catch (Exception fault) when (fault is TimeoutException or OrleansException)
        {
            logger.LogWarning(fault, "The supervisor of agent {Agent} has not heard of its registration.", _id.Name);
        }
    }

    private async Task<bool> Relist()
    {
        try
        {
            await (Record.Spec is null ? names.Remove(_id) : names.Add(_id));
            _listed = Record.Spec is not null;
        }
        catch (Exception fault) when (fault is TimeoutException or OrleansException or UnknownOutcomeException)
        {
            logger.LogDebug(fault, "The list of agents has {Agent} right the next time it is used.", _id.Name);
        }

        return _listed;
    }
}
