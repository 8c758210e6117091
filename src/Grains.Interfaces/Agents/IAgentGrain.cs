namespace Rosud.Agents;

/// <summary>The identity of one agent: its registration, contract and revision. Never on the path of an assignment.</summary>
/// <remarks>Keyed <c>tenant/name</c>.</remarks>
[Alias("rosud.agent")]
public interface IAgentGrain : IGrainWithStringKey
{
    /// <summary>Registers the agent or replaces its registration; durable when it returns. The same registration again changes nothing.</summary>
    [Alias("register")]
    Task<AgentOutcome> Register(AgentSpec spec);

    /// <summary>The registration, or a <c>not-found</c> problem.</summary>
    [Alias("describe")]
    Task<AgentOutcome> Describe();

    /// <summary>Removes the registration; durable when it returns. Assignments at work go on; new ones are refused.</summary>
    [Alias("remove")]
    Task<AgentOutcome> Remove();
}
