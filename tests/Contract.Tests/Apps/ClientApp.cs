using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Rosud.Agents;
using Rosud.Hosting;

namespace Rosud.Apps;

/// <summary>An app in the test's process that is a client of a host in another.</summary>
internal sealed class ClientApp : IAsyncDisposable
{
    private readonly IHost _host;

    private ClientApp(IHost host) => _host = host;

    public IRosudClient Rosud => _host.Services.GetRequiredService<IRosudClient>();

    /// <summary>Completes when its agents take assignments.</summary>
    public Task Ready => Services.GetRequiredService<AgentWorker>().Ready.WaitAsync(TimeSpan.FromSeconds(30));

    public IServiceProvider Services => _host.Services;

    /// <summary>Starts the app; <paramref name="add"/> adds its agents.</summary>
    public static async Task<ClientApp> Start(HostProcess host, Action<HostApplicationBuilder>? add = null)
    {
        var app = Build(options => options.Gateways.Add(host.Gateway), add, $"--Orleans:ClusterId={host.Cluster}");
        await app.StartAsync();
        return new(app);
    }

    public static IHost Build(Action<RosudClientOptions> configure, Action<HostApplicationBuilder>? add = null, params string[] args)
    {
        // Without defaults: the silo's settings lie in this folder too.
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddCommandLine(args);
        builder.AddRosudClient(configure);
        add?.Invoke(builder);
        return builder.Build();
    }

    /// <summary>Stops as a service supervisor makes it stop.</summary>
    public Task Stop() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
