using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using ModelContextProtocol.AspNetCore;
using Rosud.Hosting;
using Rosud.Mcp;
using Rosud.Tenants;

namespace Rosud;

/// <summary>Puts Rosud's tools for models into an ASP.NET app: a server of the Model Context Protocol.</summary>
public static class RosudMcp
{
    /// <summary>Where the server answers.</summary>
    public const string Path = "/mcp";

    /// <summary>Adds what <see cref="MapRosudMcp"/> needs beside <see cref="RosudHttp.AddRosudHttp"/>.</summary>
    /// <remarks>An app has one MCP server: this is for apps that have none of their own.</remarks>
    public static IServiceCollection AddRosudMcp(this IServiceCollection services)
    {
        services.AddMcpServer().WithHttpTransport(options =>
        {
            options.SessionMode = HttpServerSessionMode.Stateless;   // Any host of a cluster may get the next message.
            options.ConfigureSessionOptions = ToolServer.Configure;
        });
        services.AddOpenApi(ToolSchemas.Document, ToolSchemas.Configure);
        services.TryAddSingleton<ToolSchemas>();
        return services;
    }

    /// <summary>Maps the tools <c>get_context</c>, <c>commit_context</c>, <c>coordinate</c>, <c>run_status</c> and <c>verdict</c> at <see cref="Path"/> (Streamable HTTP, without sessions).</summary>
    /// <remarks>Each call of a tool goes through a route of <c>/v1</c> of the same app as the same caller, so map <see cref="RosudHttp.MapRosud"/> first.</remarks>
    /// <exception cref="InvalidOperationException"><see cref="AddRosudMcp"/> was not called, or <c>/v1</c> is not mapped.</exception>
    public static IEndpointRouteBuilder MapRosudMcp(this IEndpointRouteBuilder app)
    {
        if (app.ServiceProvider.GetService<Mapped>() is not { Yes: true } mapped) throw new InvalidOperationException("MapRosudMcp needs app.MapRosud() before it: its tools call the routes of /v1.");
        if (app.ServiceProvider.GetService<ToolSchemas>() is null) throw new InvalidOperationException("MapRosudMcp needs services.AddRosudMcp().");
        mapped.Mcp = true;
        app.MapGroup(Path).AddEndpointFilter(MessageCheck.Filter).MapMcp().RequireAuthorization(Rights.Agent).NeverHeldBack();
        return app;
    }
}
