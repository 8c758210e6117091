using Spectre.Console;

namespace Rosud.Demo;

/// <summary>The <c>demo</c> verb of the host: three agents in this process answer a question, and the host serves on.</summary>
internal static class Demonstration
{
    public static void Add(WebApplicationBuilder builder, DemoOptions? demo)
    {
        if (demo is null) return;
        builder.Services.AddDemoAgents(demo.Pace);
        builder.Services.AddSingleton(demo);
        builder.Services.AddSingleton(AnsiConsole.Console);
        builder.Services.AddSingleton<DemoScreen>();
        builder.Services.AddSingleton<DemoRun>();
    }

    /// <summary>Plays the demo once and serves on until stopped (not with <c>--once</c>).</summary>
    /// <returns>0 when the task completed, else 1.</returns>
    public static async Task<int> Play(WebApplication app, DemoOptions demo)
    {
        var completed = await app.Services.GetRequiredService<DemoRun>().Play(app.Lifetime.ApplicationStopping);
        if (demo.Once)
        {
            await app.StopAsync();
        }
        else
        {
            await Console.Out.WriteLineAsync($"\nSee it at {app.Urls.First()}/console. Ctrl+C stops.");
            await app.WaitForShutdownAsync();
        }

        return completed ? 0 : 1;
    }
}
