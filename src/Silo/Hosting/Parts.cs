using Rosud.Audit;
using Rosud.Channels;
using Rosud.Storage;

namespace Rosud.Hosting;

/// <summary>The parts of Rosud that this host serves. Everything else in this folder is about running a process.</summary>
internal static class Parts
{
    /// <summary>Adds the grains, the HTTP API with its authentication, its tools for MCP, and the console.</summary>
    public static void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddRosudGrains();
        builder.Services.AddChannelFeeds();
        builder.Services.AddRosudHttp(builder.Configuration);
        builder.Services.AddRosudMcp();
        builder.Services.PostConfigure<AuditOptions>(audit => audit.KeyFile = audit.KeyFile is { Length: > 0 } file
            ? file
            : Path.Combine(builder.Configuration[$"{StoreOptions.Section}:{nameof(StoreOptions.DataPath)}"] ?? new StoreOptions().DataPath, "audit-key.pem"));
        builder.Services.AddSingleton<IStartupCheck, KeysCheck>();
        builder.Services.AddSingleton<IStartupCheck, ClearTextCheck>();
    }

    /// <summary>Maps authentication first, then the API, its tools for MCP, its runs as A2A tasks, and the console.</summary>
    public static void Map(WebApplication app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapRosud();
        app.MapRosudMcp();
        app.MapRosudA2A();
        app.MapRosudConsole();
    }
}
