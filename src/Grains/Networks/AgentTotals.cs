using System.Collections.Immutable;
using Rosud.Agents;

namespace Rosud.Networks;

/// <summary>Adds up what agents used. Of very many agents the first are kept apart and the others together.</summary>
internal sealed class AgentTotals
{
    /// <summary>How many agents are kept apart.</summary>
    public const int AgentsMax = 1_000;

    /// <summary>All others: no agent has this name.</summary>
    public const string Others = "*";

    private readonly SortedDictionary<string, AgentUsage> _agents = new(StringComparer.Ordinal);

    public ImmutableArray<AgentUsage> Stored => [.. _agents.Values];

    public void Add(ImmutableArray<AgentUsage> used)
    {
        if (used.IsDefault) return;
        foreach (var agent in used) Add(agent);
    }

    private void Add(AgentUsage used)
    {
        var name = _agents.ContainsKey(used.Agent) || _agents.Count < AgentsMax ? used.Agent : Others;
        _agents[name] = _agents.TryGetValue(name, out var known) ? known.And(used) : used with { Agent = name };
    }
}
