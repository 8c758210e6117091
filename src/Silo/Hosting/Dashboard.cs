using Microsoft.Extensions.Options;
using Orleans.Dashboard;
using Rosud.Tenants;

namespace Rosud.Hosting;

/// <summary>The Orleans dashboard at <c>/orleans</c>: for operators, and no part of the API's description.</summary>
internal static class Dashboard
{
    private static readonly TimeSpan Sampling = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Refreshing = TimeSpan.FromSeconds(1);

    // The log stream would show every tenant's names to whoever watches. Sampling each second, the default, is most of what an idle silo does.
    public static void AddDashboardServices(this ISiloBuilder silo)
    {
        silo.AddDashboard(options =>
        {
            options.HideTrace = true;
            options.CounterUpdateIntervalMs = (int)Sampling.TotalMilliseconds;
        });
        silo.AddStartupTask((services, _) => RefreshAsItIsLookedAt(services));
        silo.Services.AddHostedService<DashboardCounters>();
    }

    public static void MapDashboard(this WebApplication app) =>
        app.MapOrleansDashboard("/orleans").RequireAuthorization(Rights.Host).ExcludeFromDescription();

    /// <summary>How often the dashboard is given the silo's counters.</summary>
    public static TimeSpan CountersInterval => Sampling;

    // By now the silo's sampling has begun. What gathers for the page reads the same option, and works only while somebody looks.
    private static Task RefreshAsItIsLookedAt(IServiceProvider services)
    {
        services.GetRequiredService<IOptions<DashboardOptions>>().Value.CounterUpdateIntervalMs = (int)Refreshing.TotalMilliseconds;
        return Task.CompletedTask;
    }
}
