using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>A tenant's agents: their registrations, and operators' verbs on their supervisors.</summary>
public interface IAgents
{
    /// <summary>Registers an agent or replaces its registration; durable when it returns. The same registration again changes nothing.</summary>
    /// <exception cref="RefusedException"><c>invalid-request</c> with every fault.</exception>
    Task<AgentView> Register(string name, AgentSpec spec, CancellationToken cancellationToken = default);

    /// <summary>An agent's registration.</summary>
    /// <exception cref="RefusedException"><c>not-found</c>.</exception>
    Task<AgentView> Describe(string name, CancellationToken cancellationToken = default);

    /// <summary>Removes a registration; durable when it returns. Assignments at work go on; new ones are refused. Repeating it changes nothing.</summary>
    /// <exception cref="RefusedException"><c>not-found</c>: it was never registered.</exception>
    Task Remove(string name, CancellationToken cancellationToken = default);

    /// <summary>Every agent, in the order of their names.</summary>
    IAsyncEnumerable<AgentView> List(CancellationToken cancellationToken = default);

    /// <summary>An agent's breaker and bulkhead as they are now.</summary>
    /// <param name="name">The agent.</param>
    /// <param name="network">The network whose breaker is shown first; null for <c>default</c>.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RefusedException"><c>not-found</c>: no agent of this name is registered.</exception>
    Task<SupervisorView> Supervisor(string name, string? network = null, CancellationToken cancellationToken = default);

    /// <summary>Operators: closes every breaker of the agent and of its dependency, and forgets forced states, the dependency's throttle and the quarantine; stored when it returns.</summary>
    /// <remarks>Repeating it changes nothing. Who may do it is the app's to decide: over the gateway there are no roles.</remarks>
    /// <exception cref="RefusedException"><c>not-found</c>: no agent of this name is registered.</exception>
    Task<SupervisorView> Reset(string name, CancellationToken cancellationToken = default);

    /// <summary>Operators: refuses every admission to the agent, in all networks, and turns away who waits for it, until it is reset; stored when it returns.</summary>
    /// <remarks>What is at work goes on. Repeating it changes nothing. Who may do it is the app's to decide: over the gateway there are no roles.</remarks>
    /// <exception cref="RefusedException"><c>not-found</c>: no agent of this name is registered.</exception>
    Task<SupervisorView> ForceOpen(string name, CancellationToken cancellationToken = default);
}
