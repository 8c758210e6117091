using System.Collections.Immutable;
using Rosud.Networks;

namespace Rosud.Agents;

/// <summary>What one agent used.</summary>
/// <param name="Attempts">Attempts that were handed to it.</param>
internal sealed record AgentUsageBody(long Attempts, TokensBody Tokens, decimal CostUsd)
{
    public static Dictionary<string, AgentUsageBody> Of(ImmutableArray<AgentUsage> agents) => agents.IsDefault
        ? []
        : agents.ToDictionary(agent => agent.Agent, agent => new AgentUsageBody(agent.Attempts, new(agent.WorkTokens, agent.CoordinationTokens), agent.CostUsd), StringComparer.Ordinal);
}
