using Orleans.Concurrency;

namespace Rosud.Agents;

/// <summary>An agent for the Orleans dashboard: no url, no secret, nothing of its contract.</summary>
[GenerateSerializer, Immutable, Alias("rosud.agent-state")]
internal sealed record AgentState(
    [property: Id(0)] long Revision,
    [property: Id(1)] string Transport,
    [property: Id(2)] int MaxConcurrency,
    [property: Id(3)] int QueueLimit);

/// <summary>What the Orleans dashboard shows of an agent.</summary>
[Alias("rosud.agent-panel")]
internal interface IAgentPanel : IGrainWithStringKey
{
    /// <summary>Numbers as they are now.</summary>
    [ReadOnly, Alias("get-state")]
    Task<AgentState> GetState();
}
