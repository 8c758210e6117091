namespace Rosud.Agents;

/// <summary>What one agent used, in one run or in many.</summary>
/// <param name="Agent">Its name.</param>
/// <param name="Attempts">Attempts that were handed to it.</param>
/// <param name="WorkTokens">Tokens that it reported, of every attempt that was settled.</param>
/// <param name="CoordinationTokens">Estimated tokens of what Rosud handed to it.</param>
/// <param name="CostUsd">Cost that it reported or prices gave, in US dollars.</param>
[GenerateSerializer, Immutable, Alias("rosud.agent-usage")]
public sealed record AgentUsage(
    [property: Id(0)] string Agent,
    [property: Id(1)] long Attempts,
    [property: Id(2)] long WorkTokens,
    [property: Id(3)] long CoordinationTokens,
    [property: Id(4)] decimal CostUsd)
{
    /// <summary>Both together, under this one's name.</summary>
    public AgentUsage And(AgentUsage other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new(Agent, Attempts + other.Attempts, WorkTokens + other.WorkTokens, CoordinationTokens + other.CoordinationTokens, CostUsd + other.CostUsd);
    }
}
