using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Runs;
using Rosud.Supervision;
using Rosud.Tenants;
using Scalar.AspNetCore;

namespace Rosud;

/// <summary>Puts Rosud's HTTP contract into an ASP.NET app.</summary>
public static class RosudHttp
{
    /// <summary>Adds what <see cref="MapRosud"/> needs: API keys, problems, the description of the API, and a body limit of 1 MiB for the whole app.</summary>
    /// <remarks>
    /// <para>The app must have an Orleans client or silo. JSON options of the app's other minimal APIs become Rosud's: snake_case and strict.</para>
    /// <para>Without a key every caller is operator of the tenant <c>default</c>: then bind loopback only.</para>
    /// </remarks>
    /// <param name="services">The app's services.</param>
    /// <param name="configuration">Has the section <c>Rosud</c> with <c>Keys</c> (<c>Sha256</c>, <c>Tenant</c>, <c>Role</c>, <c>Agent</c>) and <c>AllowedAgentHosts</c>; changes hold at once.</param>
    public static IServiceCollection AddRosudHttp(this IServiceCollection services, IConfiguration configuration)
    {
        services.Configure<RosudHttpOptions>(configuration.GetSection(RosudHttpOptions.Section));
        services.PostConfigure<RosudHttpOptions>(options => options.KeysConfigured = configuration.GetSection($"{RosudHttpOptions.Section}:Keys").GetChildren().Count());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ApiKeyRing>();
        services.TryAddSingleton<AgentHosts>();
        services.AddAuthentication(ApiKeyAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, configureOptions: null);
        services.AddAuthorization(Rights.Configure);
        services.ConfigureHttpJsonOptions(options => Wire.Configure(options.SerializerOptions));
        services.Configure<KestrelServerOptions>(options => options.Limits.MaxRequestBodySize = JsonBody.BytesMax);
        services.AddOpenApi(ApiDocument.Name, ApiDocument.Configure);
        services.AddSingleton<IStartupFilter, ProblemsFirst>();
        return services;
    }

    /// <summary>Maps everything under <c>/v1</c>, its description at <c>/openapi/v1.json</c>, and a readable page of that at <c>/docs</c>.</summary>
    public static IEndpointRouteBuilder MapRosud(this IEndpointRouteBuilder app)
    {
        var v1 = app.MapGroup("/v1").AllRefuse(401, 500);
        NetworkRoutes.Map(v1);
        AgentRoutes.Map(v1);
        AssignmentRoutes.Map(v1);
        SupervisorRoutes.Map(v1);
        ChannelRoutes.Map(v1);
        ContextRoutes.Map(v1);
        EventRoutes.Map(v1);
        CoordinateRoutes.Map(v1);
        RunRoutes.Map(v1);
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapScalarApiReference("/docs", ApiDocument.Configure).AddEndpointFilter(ApiDocument.ServeLocally);
        return app;
    }
}
