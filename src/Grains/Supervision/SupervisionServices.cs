using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;
using Rosud.Agents;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Supervision;

/// <summary>Registers what supervisors and agents need in a silo.</summary>
internal static class SupervisionServices
{
    public static IServiceCollection AddRosudSupervision(this IServiceCollection services)
    {
        services.AddOptions<BreakerOptions>().BindConfiguration(BreakerOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<BreakerOptions>, BreakerOptionsRanges>());
        services.AddOptions<WebhookOptions>().BindConfiguration(WebhookOptions.Section)
            .PostConfigure<IConfiguration>((options, configuration) => options.IsLoopbackAllowed = !configuration.GetSection("Rosud:Keys").GetChildren().Any());
        services.TryAddSingleton(provider => new SupervisionTime(provider.GetService<TimeProvider>() ?? TimeProvider.System));
        services.TryAddSingleton(typeof(GrainsOf<>));
        services.TryAddSingleton(provider => ActivatorUtilities.CreateInstance<Catalog>(provider, provider.GetRequiredService<SupervisionTime>().Provider));
        services.TryAddSingleton<SiloDeaths>();
        services.TryAddSingleton<IRunDoor, RunDoor>();
        services.TryAddSingleton<IAgentNames, AgentNames>();
        services.TryAddSingleton<WebhookHosts>();
        services.TryAddKeyedSingleton(Transports.Threads, (_, _) => new OwnThreads("rosud-agents"));
        services.TryAddSingleton<Transports>();
        services.AddHttpClient(WebhookTransport.ClientName, client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,   // A redirect could lead to a host that is not allowed.
                UseCookies = false,
                ConnectTimeout = TimeSpan.FromSeconds(5),
                PooledConnectionLifetime = TimeSpan.FromMinutes(2),
                MaxResponseHeadersLength = 64,
            })
            .AddResilienceHandler("connect", pipeline => pipeline.AddRetry(OnceWhenNotConnected()));
        return services;
    }

    // Only when no connection came about, so that nothing was sent: anything else is the run's decision.
    private static HttpRetryStrategyOptions OnceWhenNotConnected() => new()
    {
        MaxRetryAttempts = 1,
        Delay = TimeSpan.FromMilliseconds(100),
        ShouldHandle = outcome => ValueTask.FromResult(
            outcome.Outcome.Exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }),
    };
}
