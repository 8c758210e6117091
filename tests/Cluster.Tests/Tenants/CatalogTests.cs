using Microsoft.Extensions.DependencyInjection;
using Rosud.Agents;
using Rosud.Cluster;
using Rosud.Networks;

namespace Rosud.Tenants;

public sealed class CatalogTests
{
    private static readonly NetworkId Network = new(TenantId.Default, NetworkId.DefaultName);

    [Fact]
    public async Task What_was_acknowledged_is_read_on_every_silo()
    {
        await using var cluster = await RosudCluster.Start(2);
        var agent = cluster.Grains.GetGrain<IAgentGrain>(new AgentId(TenantId.Default, "a").Key);
        var network = cluster.Grains.GetGrain<INetworkGrain>(Network.Key);
        var catalogs = Catalogs(cluster);
        Assert.All(await Read(catalogs), page => Assert.Empty(page.Agents));

        for (var i = 1; i <= 20; i++)
        {
            Assert.IsType<AgentOutcome.Found>(await agent.Register(new() { Writes = [new("out")], MaxConcurrency = i }));
            Assert.All(await Read(catalogs), page => Assert.Equal(i, page.Agents["a"].Spec.MaxConcurrency));
            Assert.IsType<NetworkOutcome.Found>(await network.Configure(new() { MaxStaleness = TimeSpan.FromSeconds(i) }));
            Assert.All(await Read(catalogs), page => Assert.Equal(i, page.Policy.MaxStaleness.TotalSeconds));
        }

        Assert.IsType<AgentOutcome.Removed>(await agent.Remove());
        Assert.All(await Read(catalogs), page => Assert.Empty(page.Agents));
    }

    [Fact]
    public async Task Within_an_edition_nothing_is_read_twice()
    {
        await using var cluster = await RosudCluster.Start(1);
        var agent = cluster.Grains.GetGrain<IAgentGrain>(new AgentId(TenantId.Default, "a").Key);
        await agent.Register(new() { Writes = [new("out")] });
        var catalog = Assert.Single(Catalogs(cluster));

        var (first, second) = (await catalog.Read(Network, ["a"]), await catalog.Read(Network, ["a"]));
        await catalog.Changed(TenantId.Default);
        var third = await catalog.Read(Network, ["a"]);

        Assert.Same(first.Policy, second.Policy);
        Assert.Same(first.Agents["a"], second.Agents["a"]);
        Assert.NotSame(first.Agents["a"], third.Agents["a"]);
    }

    [Fact]
    public async Task What_counts_editions_may_be_lost()
    {
        await using var cluster = await RosudCluster.Start(2);
        var agent = cluster.Grains.GetGrain<IAgentGrain>(new AgentId(TenantId.Default, "a").Key);
        await agent.Register(new() { Writes = [new("out")], MaxConcurrency = 1 });
        var catalogs = Catalogs(cluster);
        await Read(catalogs);
        var counter = cluster.Grains.GetGrain<ICatalogGrain>(TenantId.Default.Value);
        var before = await counter.Edition();

        await cluster.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

        Assert.NotEqual(before.Activation, (await counter.Edition()).Activation);
        await agent.Register(new() { Writes = [new("out")], MaxConcurrency = 2 });
        Assert.All(await Read(catalogs), page => Assert.Equal(2, page.Agents["a"].Spec.MaxConcurrency));
    }

    private static List<Catalog> Catalogs(RosudCluster cluster) => [.. cluster.Silos.Silos.Select(silo => silo.ServiceProvider.GetRequiredService<Catalog>())];

    private static async Task<CatalogPage[]> Read(List<Catalog> catalogs) => await Task.WhenAll(catalogs.Select(catalog => catalog.Read(Network, ["a"])));
}
