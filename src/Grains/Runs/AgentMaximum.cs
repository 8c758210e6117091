using System.Collections.Immutable;
using Rosud.Agents;

namespace Rosud.Runs;

/// <summary>What an agent declares that one attempt of it uses at most, as it was when the run was accepted.</summary>
[GenerateSerializer, Immutable, Alias("rosud.agent-maximum")]
internal sealed record AgentMaximum([property: Id(0)] string Agent, [property: Id(1)] MaxUsage Most)
{
    /// <summary>Of those that declare something.</summary>
    public static ImmutableArray<AgentMaximum> Of(IEnumerable<AgentView> agents) =>
        [.. agents.Where(agent => agent.Spec.MaxUsage is not null).OrderBy(agent => agent.Id.Name, StringComparer.Ordinal).Select(agent => new AgentMaximum(agent.Id.Name, agent.Spec.MaxUsage!))];
}
