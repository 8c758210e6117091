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

    /// <summary>Removes a registration. Assignments at work go on; new ones are refused.</summary>
    Task Remove(string name, CancellationToken cancellationToken = default);

    /// <summary>Every agent, in the order of their names.</summary>
    IAsyncEnumerable<AgentView> List(CancellationToken cancellationToken = default);

    /// <summary>An agent's breaker and bulkhead as they are now; <paramref name="network"/> picks the breaker shown first.</summary>
    Task<SupervisorView> Supervisor(string name, string? network = null, CancellationToken cancellationToken = default);

    /// <summary>Operators: closes every breaker of the agent and forgets forced states.</summary>
    Task<SupervisorView> Reset(string name, CancellationToken cancellationToken = default);

    /// <summary>Operators: refuses every admission to the agent until it is reset.</summary>
    Task<SupervisorView> ForceOpen(string name, CancellationToken cancellationToken = default);
}
