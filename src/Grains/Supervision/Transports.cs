using Microsoft.Extensions.Logging;
using Rosud.Agents;

namespace Rosud.Supervision;

/// <summary>Makes the transport that an agent's registration asks for.</summary>
internal sealed class Transports(
    IEnumerable<LocalAgent> local, IHttpClientFactory clients, WebhookHosts hosts, SupervisionTime time, ILogger<OffGrainWork> logger)
{
    private readonly Dictionary<AgentId, (LocalAgent Agent, SemaphoreSlim Places)> _local =
        local.ToDictionary(agent => agent.Id, agent => (agent, new SemaphoreSlim(2 * Math.Max(1, agent.Spec?.MaxConcurrency ?? 1))));

    /// <summary>Null when this host has no code for an in-process agent.</summary>
    public IAssignmentTransport? Make(AgentView agent, ISupervisorGrain supervisor) => agent.Spec.Transport.Kind switch
    {
        TransportKind.Pull => new PullTransport(time.Provider),
        TransportKind.Webhook => new WebhookTransport(agent.Spec.Transport, clients, hosts, time.Provider, Work(supervisor)),
        _ => _local.TryGetValue(agent.Id, out var found) ? new InProcessTransport(found.Agent, supervisor, found.Places, Work(supervisor), time.Provider) : null,
    };

    private OffGrainWork Work(ISupervisorGrain supervisor) => new(supervisor, time.Provider, logger);
}
