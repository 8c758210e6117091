using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Rosud.Agents;
using Rosud.Audit;
using Rosud.Channels;
using Rosud.Hosting;
using Rosud.Streams;

namespace Rosud;

/// <summary>Connects an app to a cluster of Rosud silos in other processes.</summary>
public static class RosudClientRegistration
{
    private const string Clustering = "Orleans:Clustering";

    /// <summary>Adds <see cref="IRosudClient"/>, the health check <c>rosud</c>, and the worker that takes assignments for the agents of <c>AddRosudAgent</c>.</summary>
    /// <remarks>
    /// <para>Options come from the section <c>Rosud:Client</c> and are checked at the start. The start waits <see cref="RosudClientOptions.ConnectTimeout"/>
    /// for a silo; a cluster lost later is come back to by itself, and calls are repeated meanwhile.</para>
    /// <para>A web app can then also serve Rosud's HTTP contract: <c>app.MapRosud()</c> and <c>app.MapRosudConsole()</c>. One that does not map it is not changed by it.</para>
    /// </remarks>
    /// <param name="builder">The app.</param>
    /// <param name="configure">Changes the options after the configuration was read.</param>
    public static IHostApplicationBuilder AddRosudClient(this IHostApplicationBuilder builder, Action<RosudClientOptions>? configure = null)
    {
        builder.Services.AddOptions<RosudClientOptions>().BindConfiguration(RosudClientOptions.Section).Configure(configure ?? (_ => { }))
            .ValidateDataAnnotations()
            .Validate(RosudClientOptions.HasGoodGateways, $"{RosudClientOptions.Section}:Gateways has something else than host:port, for example 127.0.0.1:30000.")
            .Validate(
                options => options.Gateways.Count == 0 || !builder.Configuration.GetSection(Clustering).Exists(),
                $"{RosudClientOptions.Section}:Gateways and {Clustering} both say where the silos are: name one of them.")
            .ValidateOnStart();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.UseOrleansClient(client => Connect(client, builder.Configuration));
        builder.Services.AddChannelFeeds();
        builder.Services.TryAddSingleton<GatewayLosses>();
        builder.Services.TryAddSingleton<ClusterCalls>();
        builder.Services.Configure<AuditOptions>(builder.Configuration.GetSection(AuditOptions.Section));
        builder.Services.TryAddSingleton<AuditSigner>();
        builder.Services.TryAddSingleton<IRosudClient, RosudClient>();
        builder.Services.TryAddSingleton<AgentWorker>();
        builder.Services.AddHostedService(host => host.GetRequiredService<AgentWorker>());
        builder.Services.AddHealthChecks().AddCheck<ClusterHealth>("rosud", tags: ["ready"]).AddCheck<AgentWorkerHealth>("rosud-agents", tags: ["ready"]);
        if (builder is WebApplicationBuilder) builder.Services.AddRosudHttp(builder.Configuration);
        return builder;
    }

    /// <summary>Adds an agent whose code runs in this process; it takes assignments over <see cref="AddRosudClient"/>.</summary>
    /// <param name="builder">The app.</param>
    /// <param name="name">Who it is.</param>
    /// <param name="handler">Its code. May block; leases, heartbeats, reconnecting and repeats are done for it.</param>
    /// <param name="spec">Its contract, registered at the start. Null when somebody else registers it, as a pull agent.</param>
    public static IHostApplicationBuilder AddRosudAgent(this IHostApplicationBuilder builder, string name, AgentHandler handler, AgentSpec? spec = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (!Tenants.Names.IsValid(name)) throw new ArgumentException("An agent's name has 1 to 128 of a-z 0-9 . _ - and starts with a letter or digit.", nameof(name));
        builder.Services.AddSingleton(host => new LocalAgent(
            new(new(host.GetRequiredService<IOptions<RosudClientOptions>>().Value.Tenant), name), spec, handler));
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, WorkerIsThere>());
        return builder;
    }

    private static void Connect(IClientBuilder client, IConfiguration configuration)
    {
        client.UseConnectionRetryFilter<ConnectionStart>();
        client.Configure<ClusterOptions>(own => (own.ClusterId, own.ServiceId) = (configuration["Orleans:ClusterId"] ?? "rosud", configuration["Orleans:ServiceId"] ?? "rosud"));
        if (!configuration.GetSection(Clustering).Exists())
        {
            client.UseStaticClustering((OptionsBuilder<StaticGatewayListProviderOptions> gateways) => gateways
                .Configure<IOptions<RosudClientOptions>>((own, options) => own.Gateways = [.. options.Value.EndPoints().Select(point => point.ToGatewayUri())]));
        }

        client.Services.AddOptions<ClientMessagingOptions>().Configure<IOptions<RosudClientOptions>>((own, options) =>
        {
            own.ResponseTimeout = options.Value.ResponseTimeout;
            own.CancelRequestOnTimeout = true;
        });
        client.Configure<GatewayOptions>(own => own.GatewayListRefreshPeriod = TimeSpan.FromSeconds(10));
        ListeningStreams.Add(client, ChannelUpdates.Provider);

        // What was pushed over a gateway that is gone did not come, and what was asked is not answered: both is done again at once.
        client.AddGatewayCountChangedHandler(services => (_, _) =>
        {
            services.GetRequiredService<ChannelFeeds>().Doubt();
            services.GetRequiredService<GatewayLosses>().Happened();
        });
    }
}
