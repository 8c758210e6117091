using Rosud.Bare;

namespace Rosud.Hosting;

/// <summary>The host in this process, as its own program runs it, with the bare grains beside it.</summary>
internal sealed class LocalHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LocalHost(WebApplication app) => _app = app;

    /// <summary>Calls grains from inside the silo's process.</summary>
    public IClusterClient Cluster => _app.Services.GetRequiredService<IClusterClient>();

    public IServiceProvider Services => _app.Services;

    public SiloAddress Address => _app.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    /// <summary>Starts it and returns when it serves and its agents are registered.</summary>
    /// <param name="settings">As on the host's command line.</param>
    /// <param name="also">Adds to its services.</param>
    /// <param name="routes">Adds to its routes.</param>
    public static async Task<LocalHost> Start(IEnumerable<string> settings, Action<IServiceCollection>? also = null, Action<WebApplication>? routes = null)
    {
        var app = RosudHost.Build([.. settings], builder => also?.Invoke(builder.Services));
        BareRoutes.Map(app);
        routes?.Invoke(app);
        await app.StartAsync();
        return new(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
