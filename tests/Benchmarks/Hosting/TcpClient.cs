using System.Net;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Rosud.Channels;
using Rosud.Streams;

namespace Rosud.Hosting;

/// <summary>An Orleans client in this process, connected to the gateway of a silo in another.</summary>
internal sealed class TcpClient : IAsyncDisposable
{
    private readonly IHost _host;

    private TcpClient(IHost host) => _host = host;

    public IClusterClient Cluster => _host.Services.GetRequiredService<IClusterClient>();

    public static async Task<TcpClient> Connect(HostSettings silo)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.UseOrleansClient(client =>
        {
            client.UseStaticClustering(new IPEndPoint(IPAddress.Loopback, silo.GatewayPort));
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (silo.Cluster, HostSettings.ServiceId));
            ListeningStreams.Add(client, ChannelUpdates.Provider);
        });
        var host = builder.Build();
        await host.StartAsync();
        return new(host);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
