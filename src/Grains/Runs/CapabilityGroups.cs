using System.Collections.Concurrent;
using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>What the runs of this silo know of the agents that capabilities pick from: how much each has of their work, and who refused because its breaker is open.</summary>
internal sealed class CapabilityGroups
{
    private readonly ConcurrentDictionary<AgentId, Standing> _standings = new();

    /// <summary>Picks the agent of an attempt.</summary>
    /// <param name="avoid">Who has refused or failed this step already.</param>
    /// <param name="spread">Decides among equals.</param>
    public (string Agent, bool IsLastResort) Choose(TenantId tenant, ImmutableArray<GroupMember> group, ImmutableHashSet<string> avoid, uint spread, DateTimeOffset now)
    {
        var candidates = group.Select(member =>
        {
            var standing = _standings.GetValueOrDefault(new(tenant, member.Agent)) ?? Standing.Fresh;
            return new Candidate(member.Agent, (double)standing.AtWork / Math.Max(1, member.MaxConcurrency), standing.EjectedAt, standing.EjectedUntil, standing.FailedAt);
        });
        return CapabilityGroup.Choose([.. candidates], avoid, spread, now);
    }

    /// <summary>An attempt is at this agent until the lease ends.</summary>
    public GroupLease Enter(AgentId agent)
    {
        _standings.AddOrUpdate(agent, _ => Standing.Fresh with { AtWork = 1 }, (_, standing) => standing with { AtWork = standing.AtWork + 1 });
        return new(this, agent);
    }

    /// <summary>The agent's breaker is open: others come first until then.</summary>
    public void Eject(AgentId agent, DateTimeOffset until, DateTimeOffset now) => _standings.AddOrUpdate(
        agent,
        _ => Standing.Fresh with { EjectedAt = now, EjectedUntil = until },
        (_, standing) => standing with { EjectedAt = standing.EjectedUntil > now ? standing.EjectedAt : now, EjectedUntil = until });

    /// <summary>How an attempt at the agent ended, as far as that says something about it.</summary>
    public void Ended(AgentId agent, bool isGood, DateTimeOffset now)
    {
        if (!_standings.TryGetValue(agent, out var standing) || (isGood && standing.FailedAt == default)) return;
        _standings.AddOrUpdate(agent, _ => Standing.Fresh, (_, known) => known with { FailedAt = isGood ? default : now });
    }

    internal void Leave(AgentId agent) =>
        _standings.AddOrUpdate(agent, _ => Standing.Fresh, (_, standing) => standing with { AtWork = Math.Max(0, standing.AtWork - 1) });

    private sealed record Standing(int AtWork, DateTimeOffset EjectedAt, DateTimeOffset EjectedUntil, DateTimeOffset FailedAt)
    {
        public static Standing Fresh { get; } = new(0, default, default, default);
    }
}

/// <summary>An attempt's place at an agent of a group.</summary>
internal sealed record GroupLease(CapabilityGroups Groups, AgentId Agent)
{
    /// <summary>The attempt has left the agent. Answers nothing, so that it can be forgotten in the same breath.</summary>
    public GroupLease? End()
    {
        Groups.Leave(Agent);
        return null;
    }
}
