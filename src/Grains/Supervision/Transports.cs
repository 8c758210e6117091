using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rosud.Agents;

namespace Rosud.Supervision;

/// <summary>Makes the transport that an agent's registration asks for.</summary>
internal sealed class Transports(
    IEnumerable<LocalAgent> local, IHttpClientFactory clients, WebhookHosts hosts, [FromKeyedServices(Transports.Threads)] OwnThreads threads, SupervisionTime time, ILogger<OffGrainWork> logger)
{
    /// <summary>The key of the threads of agents' code.</summary>
    public const string Threads = "rosud-agents";

    private readonly Dictionary<AgentId, (LocalAgent Agent, SemaphoreSlim Places)> _local =
        local.ToDictionary(agent => agent.Id, agent => (agent, new SemaphoreSlim(2 * Math.Max(1, agent.Spec?.MaxConcurrency ?? 1))));

    /// <summary>Null when this host has no code for an in-process agent.</summary>
    public IAssignmentTransport? Make(AgentView agent, SupervisorTurns supervisor) => agent.Spec.Transport.Kind switch
    {
        TransportKind.Pull => new PullTransport(time.Provider),
        TransportKind.Webhook => new WebhookTransport(agent.Spec.Transport, clients, hosts, time.Provider, Work(supervisor, TaskScheduler.Default)),
        _ => _local.TryGetValue(agent.Id, out var found) ? new InProcessTransport(found.Agent, supervisor.Reference, found.Places, Work(supervisor, threads), time.Provider) : null,
    };

    // Code of agents may block; calls of webhooks do not.
    private OffGrainWork Work(SupervisorTurns supervisor, TaskScheduler scheduler) => new(supervisor, scheduler, time.Provider, logger);
}
