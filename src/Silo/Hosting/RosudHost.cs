using Rosud.Demo;

namespace Rosud.Hosting;

/// <summary>The whole host in one process: silo, HTTP, console and dashboard. What it stands on is chosen by configuration alone.</summary>
public static class RosudHost
{
    /// <summary>Runs until it is told to stop. The whole of a team's own host: <c>return await RosudHost.Run(args, builder => builder.Services.AddRosudAgent(…));</c></summary>
    /// <remarks>
    /// Settings come from <c>appsettings.json</c> beside the program, the environment and the command line; what they do not say is as Rosud ships it. The command line may also say
    /// <c>demo</c>, <c>verify</c> or <c>--help</c>. An app that has a program of its own takes <c>builder.AddRosudSilo()</c> and <c>app.MapRosudSilo()</c> instead.
    /// </remarks>
    /// <param name="args">The command line.</param>
    /// <param name="configure">Adds to the host before it is built: agents, and services that they need.</param>
    /// <returns>0 after a stop that was asked for, 1 when it could not start, 2 when the command line makes no sense; standard error then has one line that says why.</returns>
    public static async Task<int> Run(string[] args, Action<WebApplicationBuilder>? configure = null)
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
            await using var app = Build(rest, builder =>
            {
                Demonstration.Add(builder, demo);
                configure?.Invoke(builder);
            });
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
    internal static WebApplication Build(string[] args, Action<WebApplicationBuilder>? also = null)
    {
        // Settings lie beside the program, wherever it is started from; data lies where it is started.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        ShippedSettings.Add(builder.Configuration, builder.Environment.EnvironmentName, "Logging");   // An app that adds the silo to itself logs as it likes.
        builder.AddRosudSilo();
        also?.Invoke(builder);
        return builder.Build().MapRosudSilo();
    }

    private static async Task<int> UntilStopped(WebApplication app)
    {
        await app.WaitForShutdownAsync();
        return 0;
    }
}
