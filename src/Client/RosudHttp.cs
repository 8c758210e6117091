using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Rosud.Agents;
using Rosud.Audit;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Networks;
using Rosud.Page;
using Rosud.Runs;
using Rosud.Supervision;
using Rosud.Tenants;
using Scalar.AspNetCore;

namespace Rosud;

/// <summary>Puts Rosud's HTTP contract into an ASP.NET app.</summary>
public static class RosudHttp
{
    /// <summary>Adds what <see cref="MapRosud"/> needs: API keys, problems, the description of the API, and a body limit of 1 MiB. <c>AddRosudClient</c> does this for a web app.</summary>
    /// <remarks>
    /// <para>The app must have an Orleans client or silo. Nothing of the app changes before <see cref="MapRosud"/>; then the JSON options of its other minimal APIs become
    /// Rosud's (snake_case and strict), the body limit is the whole app's, and while no API key is configured the whole app answers only to its own machine.</para>
    /// <para>Without a key every caller is operator of the tenant <c>default</c>: then bind loopback only.</para>
    /// </remarks>
    /// <param name="services">The app's services.</param>
    /// <param name="configuration">Has the section <c>Rosud</c> with <c>Keys</c> (<c>Sha256</c>, <c>Tenant</c>, <c>Role</c>, <c>Agent</c>) and <c>AllowedAgentHosts</c>; changes hold at once.</param>
    public static IServiceCollection AddRosudHttp(this IServiceCollection services, IConfiguration configuration)
    {
        services.Configure<RosudHttpOptions>(configuration.GetSection(RosudHttpOptions.Section));
        services.PostConfigure<RosudHttpOptions>(options => options.KeysConfigured = configuration.GetSection($"{RosudHttpOptions.Section}:Keys").GetChildren().Count());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(typeof(GrainsOf<>));
        services.TryAddSingleton<ApiKeyRing>();
        services.TryAddSingleton<AgentHosts>();
        services.Configure<AuditOptions>(configuration.GetSection(AuditOptions.Section));
        services.AddOptions<ListenerOptions>().Bind(configuration.GetSection(ListenerOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<AuditSigner>();
        services.TryAddSingleton<Mapped>();
        services.AddOptions<RequestGateOptions>().BindConfiguration(RequestGateOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RequestGateOptions>, RequestGateRanges>());
        services.TryAddSingleton(provider => new RequestGate(provider.GetRequiredService<IOptions<RequestGateOptions>>().Value));
        services.TryAddSingleton<RequestTurns>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, SchedulerPulse>());
        services.TryAddSingleton<RouteCalls>();
        services.AddAuthentication();
        services.TryAddTransient<ApiKeyAuthentication>();
        services.AddOptions<AuthenticationOptions>().Configure<Mapped>((options, mapped) => mapped.Then(() => options.AddScheme<ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, displayName: null)));
        services.AddAuthorization(Rights.Configure);
        services.AddOptions<JsonOptions>().Configure<Mapped>((options, mapped) => mapped.Then(() => Wire.Configure(options.SerializerOptions)));
        services.AddOptions<KestrelServerOptions>().Configure<Mapped>((options, mapped) => mapped.Then(() => options.Limits.MaxRequestBodySize = JsonBody.BytesMax));
        services.AddOpenApi(ApiDocument.Name, ApiDocument.Configure);
        services.AddSingleton<IStartupFilter, ProblemsFirst>();
        return services;
    }

    /// <summary>Maps everything under <c>/v1</c>, its description at <c>/openapi/v1.json</c>, and a readable page of that at <c>/docs</c>.</summary>
    /// <exception cref="InvalidOperationException">Neither <see cref="AddRosudHttp"/> nor <c>AddRosudClient</c> of a web app was called.</exception>
    public static IEndpointRouteBuilder MapRosud(this IEndpointRouteBuilder app)
    {
        var mapped = app.ServiceProvider.GetService<Mapped>()
            ?? throw new InvalidOperationException("MapRosud needs builder.AddRosudClient() or, in a silo, services.AddRosudHttp(configuration).");
        mapped.Yes = true;
        var v1 = app.MapGroup("/v1").AllRefuse(401, 403, 429, 500, 503).AddEndpointFilter<RequestTurns>().AddEndpointFilter(Preconditions.Filter);
        NetworkRoutes.Map(v1);
        AgentRoutes.Map(v1);
        AssignmentRoutes.Map(v1);
        SupervisorRoutes.Map(v1);
        ChannelRoutes.Map(v1);
        ContextRoutes.Map(v1);
        AuditRoutes.Map(v1);
        EventRoutes.Map(v1);
        CoordinateRoutes.Map(v1);
        RunRoutes.Map(v1);
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapScalarApiReference("/docs", ApiDocument.Configure).AddEndpointFilter(ApiDocument.ServeLocally);
        return app;
    }

    /// <summary>Maps the live page: channels, their context, runs and events, as they happen. The page itself is public and empty; it asks for an API key when the API does.</summary>
    /// <remarks>Everything it shows comes from <c>/v1</c> of the same host, so <see cref="MapRosud"/> must be mapped too. Loads nothing from elsewhere.</remarks>
    public static IEndpointRouteBuilder MapRosudConsole(this IEndpointRouteBuilder app, string path = "/console") => ConsolePage.Map(app, path);
}

/// <summary>Whether the app serves Rosud's HTTP contract: until then its services change nothing of the app.</summary>
internal sealed class Mapped
{
    public bool Yes { get; set; }

    /// <summary>Whether <c>/mcp</c> is served too.</summary>
    public bool Mcp { get; set; }

    /// <summary>Whether <c>/a2a/v1</c> is served too.</summary>
    public bool A2A { get; set; }

    public void Then(Action change)
    {
        if (Yes) change();
    }

    /// <summary>Whether programs call this address, not people: there whatever goes wrong is a problem, and a browser is not asked for a password.</summary>
    public bool IsApi(PathString path) =>
        path.StartsWithSegments("/v1", StringComparison.OrdinalIgnoreCase) || (Mcp && path.StartsWithSegments(RosudMcp.Path, StringComparison.OrdinalIgnoreCase)) || IsA2A(path);

    /// <summary>Whether this address is of the Agent2Agent protocol, which has its own form of problems.</summary>
    public bool IsA2A(PathString path) => A2A && path.StartsWithSegments(RosudA2A.Path, StringComparison.OrdinalIgnoreCase);
}
