using Rosud.Channels;

namespace Rosud.Hosting;

/// <summary>The parts of Rosud that this host serves. Everything else in this folder is about running a process.</summary>
internal static class Parts
{
    /// <summary>Adds the grains, the HTTP API with its authentication, and the console.</summary>
    public static void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddRosudGrains();
        builder.Services.AddChannelFeeds();
        builder.Services.AddRosudHttp(builder.Configuration);
        builder.Services.AddSingleton<IStartupCheck, KeysCheck>();
    }

    /// <summary>Maps authentication first, then the API and the console.</summary>
    public static void Map(WebApplication app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapRosud();
        app.MapRosudConsole();
    }
}
