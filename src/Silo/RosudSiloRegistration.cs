using Microsoft.Extensions.DependencyInjection.Extensions;
using Rosud.Agents;
using Rosud.Health;
using Rosud.Hosting;
using Rosud.Telemetry;

namespace Rosud;

/// <summary>Puts a Rosud silo, with the HTTP API, the console and the dashboard, into an ASP.NET app.</summary>
public static class RosudSiloRegistration
{
    /// <summary>Makes the app a silo: it holds channels, runs and supervisors, and runs the agents of <c>services.AddRosudAgent(name, spec, handler)</c> in its own process.</summary>
    /// <remarks>
    /// <para>Everything comes from the app's configuration, sections <c>Orleans</c> and <c>Rosud</c>. What it does not say is as Rosud's own host has it: one host, an embedded store
    /// in the folder <c>data</c>, HTTP on 127.0.0.1:5080, silo on 127.0.0.1:11111, gateway on 127.0.0.1:30000; with <c>--environment Redis</c> or <c>Postgres</c> a cluster on that.</para>
    /// <para>The start ends when the app's agents are registered: what starts after this in the app, and whoever comes over HTTP, can coordinate them at once. It waits at most
    /// <c>Rosud:Hosting:AgentsTimeout</c> (30 s), then says so in the log and goes on trying.</para>
    /// <para>Adds <see cref="IRosudClient"/> for the app's own code. An app is a silo or, with <c>AddRosudClient</c>, a client of silos elsewhere, not both.</para>
    /// </remarks>
    /// <param name="builder">The app. Its configuration is read now: add sources before.</param>
    /// <exception cref="InvalidOperationException">The configuration lacks something, an address is taken, or other machines could reach the app while there is no API key. The message names the setting.</exception>
    public static WebApplicationBuilder AddRosudSilo(this WebApplicationBuilder builder)
    {
        ShippedSettings.Add(builder.Configuration, builder.Environment.EnvironmentName, "ConnectionStrings", "Orleans", "Rosud");
        ListeningAddresses.AddDefault(builder.Configuration);
        RequiredSettings.Check(builder.Configuration);
        ListeningAddresses.Check(builder.Configuration);

        builder.Services.AddHostedService<StartupChecks>();
        SiloParts.Add(builder);
        builder.AddTelemetry();
        builder.Services.AddHostHealth();
        builder.Services.AddLocalAgentRegistration();
        Parts.Add(builder);
        builder.Services.AddOptions<RosudClientOptions>().BindConfiguration(RosudClientOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.TryAddSingleton<ClusterCalls>();
        builder.Services.TryAddSingleton<IRosudClient, RosudClient>();
        return builder;
    }

    /// <summary>Serves Rosud from the app: <c>/v1</c>, <c>/console</c>, <c>/docs</c>, <c>/orleans</c>, <c>/health</c> and <c>/metrics</c>.</summary>
    /// <remarks>Authentication and authorisation come first in the app's pipeline with this; the app's own routes can be mapped after it. What <c>MapRosud</c> changes of an app holds here too.</remarks>
    /// <exception cref="InvalidOperationException"><see cref="AddRosudSilo"/> was not called.</exception>
    public static WebApplication MapRosudSilo(this WebApplication app)
    {
        if (app.Services.GetService<AgentsAtStart>() is null) throw new InvalidOperationException("MapRosudSilo needs builder.AddRosudSilo().");
        app.UseDraining();
        Parts.Map(app);
        app.MapHostHealth();
        app.MapMetrics();
        app.MapDashboard();
        return app;
    }
}
