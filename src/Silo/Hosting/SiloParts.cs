using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Rosud.Channels;
using Rosud.Supervision;
using Rosud.Telemetry;

namespace Rosud.Hosting;

/// <summary>The silo of the process, and how the process runs.</summary>
internal static class SiloParts
{
    /// <summary>Adds the silo, the clock and how long a stop may take.</summary>
    /// <exception cref="StartupRefusedException">A provider that the configuration names is not there.</exception>
    public static void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<HostingOptions>().BindConfiguration(HostingOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<HostingOptions>>((host, own) => host.ShutdownTimeout = own.Value.ShutdownTimeout);
        builder.Services.AddSingleton<TimeProvider>(new SteadyTime(TimeProvider.System));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
        AddSilo(builder);
    }

    // UseOrleans reads the section Orleans by itself, all but membership.
    private static void AddSilo(WebApplicationBuilder builder)
    {
        try
        {
            builder.UseOrleans(silo =>
            {
                silo.Services.Configure<ClusterMembershipOptions>(builder.Configuration.GetSection("Orleans:Membership"));
                // Each silo tells all others its load. Rosud's actors are placed by the hash of their key, so a second old or five is the same; an idle cluster is quieter.
                silo.Services.Configure<DeploymentLoadPublisherOptions>(options => options.DeploymentLoadPublisherRefreshTime = TimeSpan.FromSeconds(5));
                if (HostTelemetry.AreTracesCollected(builder.Configuration)) silo.AddActivityPropagation();
                silo.AddDashboardServices();
                silo.Services.AddChannelSweeper();
            });
        }
        catch (InvalidOperationException unknownProvider)
        {
            throw new StartupRefusedException(unknownProvider.Message, unknownProvider);
        }
    }
}
