using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>Where a tenant's agents are listed.</summary>
internal interface IAgentNames
{
    Task Add(AgentId agent);

    Task Remove(AgentId agent);
}

/// <summary>The index of agents.</summary>
internal sealed class AgentNames(IGrainFactory grains) : IAgentNames
{
    public Task Add(AgentId agent) => Shard(agent).Add(agent.Name);

    public Task Remove(AgentId agent) => Shard(agent).Remove(agent.Name);

    private IIndexGrain Shard(AgentId agent) => grains.GetGrain<IIndexGrain>(IndexShard.KeyOf(agent.Tenant, "agents", agent.Name));
}
