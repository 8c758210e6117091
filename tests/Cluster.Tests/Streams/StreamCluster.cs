using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.TestingHost;

namespace Rosud.Tests.Streams;

/// <summary>Two silos and an external client that take the stream provider from their configuration.</summary>
public sealed class StreamCluster : IAsyncLifetime
{
    public StreamCluster()
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSiloHost((_, host) => Configure(host));
        builder.ConfigureClientHost(Configure);
        builder.ConfigureSilo((_, silo) => silo.AddMemoryGrainStorage("PubSubStore"));
        Cluster = builder.Build();
    }

    public InProcessTestCluster Cluster { get; }

    /// <summary>The client inside each silo, then the external one.</summary>
    internal IReadOnlyList<IClusterClient> Clients =>
        [.. Cluster.Silos.Select(silo => silo.ServiceProvider.GetRequiredService<IClusterClient>()), Cluster.Client];

    public Task InitializeAsync() => Cluster.DeployAsync();

    public async Task DisposeAsync()
    {
        await Cluster.StopAllSilosAsync();
        await Cluster.DisposeAsync();
    }

    private static void Configure(IHostApplicationBuilder host) =>
        host.Configuration.AddInMemoryCollection([new("Orleans:Streaming:rosud:ProviderType", "Rosud")]);
}
