using Rosud.Agents;
using Rosud.Channels;
using Rosud.Cluster;

namespace Rosud.Tenants;

/// <summary>X2: a list is written after the thing itself, and repaired on access when a silo died between the two.</summary>
public sealed class IndexRepairTests
{
    private const string Name = "gone";

    [Fact]
    public async Task X2_A_deleted_channel_that_is_still_listed_leaves_the_list_when_it_is_used()
    {
        await using var cluster = await RosudCluster.Start(2);
        var channel = await cluster.Channel(Name);
        Assert.IsType<ChannelOutcome.Deleted>(await channel.Delete());

        await Relisted(cluster, "channels", channel);
        Assert.IsType<ChannelOutcome.Refused>(await channel.Describe());

        await Unlisted(cluster, "channels");
    }

    [Fact]
    public async Task X2_A_removed_agent_that_is_still_listed_leaves_the_list_when_it_is_used()
    {
        await using var cluster = await RosudCluster.Start(2);
        var agent = cluster.Grains.GetGrain<IAgentGrain>(new AgentId(TenantId.Default, Name).Key);
        Assert.IsType<AgentOutcome.Found>(await agent.Register(new() { Transport = new(TransportKind.Pull) }));
        Assert.IsType<AgentOutcome.Removed>(await agent.Remove());

        await Relisted(cluster, "agents", agent);
        Assert.IsType<AgentOutcome.Refused>(await agent.Describe());

        await Unlisted(cluster, "agents");
    }

    private static IIndexGrain Shard(RosudCluster cluster, string kind) => cluster.Grains.GetGrain<IIndexGrain>(IndexShard.KeyOf(TenantId.Default, kind, Name));

    // As if the silo had died after the thing was gone and before the list knew.
    private static async Task Relisted(RosudCluster cluster, string kind, IGrain thing)
    {
        await cluster.Silos.KillSiloAsync(await cluster.SiloOf(thing));
        await Shard(cluster, kind).Add(Name);
        Assert.Equal(Name, Assert.Single(await Shard(cluster, kind).List(null, 10)));
    }

    // Each look is a call behind those before it.
    private static async Task Unlisted(RosudCluster cluster, string kind)
    {
        for (var look = 0; look < 20_000; look++)
        {
            if ((await Shard(cluster, kind).List(null, 10)).IsEmpty) return;
        }

        Assert.Fail("It is still listed.");
    }
}
