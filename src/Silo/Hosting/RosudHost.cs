using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Demo;
using Rosud.Health;
using Rosud.Supervision;
using Rosud.Telemetry;

namespace Rosud.Hosting;

/// <summary>The whole host in one process: silo, HTTP, console and dashboard. What it stands on is chosen by configuration alone.</summary>
internal static class RosudHost
{
    /// <summary>Runs until it is told to stop.</summary>
    /// <returns>0 after a stop that was asked for, 1 when it could not start, 2 when the command line makes no sense; standard error then has one line that says why.</returns>
    public static async Task<int> Run(string[] args)
    {
        if (Usage.IsWanted(args))
        {
            await Console.Out.WriteLineAsync(Usage.Text);
            return 0;
        }

        if (Usage.Unknown(args) is { } word)
        {
            await Console.Error.WriteLineAsync($"'{word}' is nothing that Rosud can do: say nothing to host, demo, verify, or --help.");
            return 2;
        }

        if (args is [VerifyCommand.Name, .. var asked]) return await VerifyCommand.Run(asked, Console.Out, Console.Error);
        try
        {
            var (demo, rest) = DemoOptions.From(args);
            await using var app = Build(rest, builder => Demonstration.Add(builder, demo));
            foreach (var check in app.Services.GetServices<IStartupCheck>()) check.Run();
            await app.StartAsync();
            Banner.Write(Console.Out, app);
            return demo is null ? await UntilStopped(app) : await Demonstration.Play(app, demo);
        }
        catch (Exception failure)
        {
            await Console.Error.WriteLineAsync(StartupRefusedException.Sentence(failure));
            return 1;
        }
    }

    /// <summary>Puts the host together without starting it.</summary>
    /// <exception cref="StartupRefusedException">The configuration lacks something, or an address is taken.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? also = null)
    {
        // Settings lie beside the program, wherever it is started from; data lies where it is started.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        ListeningAddresses.AddDefault(builder.Configuration);
        RequiredSettings.Check(builder.Configuration);
        ListeningAddresses.Check(builder.Configuration);

        AddHosting(builder);
        AddSilo(builder);
        builder.AddTelemetry();
        builder.Services.AddHostHealth();
        builder.Services.AddLocalAgentRegistration();
        Parts.Add(builder);
        also?.Invoke(builder);

        var app = builder.Build();
        app.UseDraining();
        Parts.Map(app);
        app.MapHostHealth();
        app.MapMetrics();
        app.MapDashboard();
        return app;
    }

    private static async Task<int> UntilStopped(WebApplication app)
    {
        await app.WaitForShutdownAsync();
        return 0;
    }

    private static void AddHosting(WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<HostingOptions>().BindConfiguration(HostingOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<HostingOptions>>((host, own) => host.ShutdownTimeout = own.Value.ShutdownTimeout);
        builder.Services.AddSingleton<TimeProvider>(new SteadyTime(TimeProvider.System));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
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
