using Orleans.Dashboard;
using Rosud.Tenants;

namespace Rosud.Hosting;

/// <summary>The Orleans dashboard at <c>/orleans</c>: for operators, and no part of the API's description.</summary>
internal static class Dashboard
{
    private static readonly TimeSpan Sampling = TimeSpan.FromSeconds(10);

    // The log stream would show every tenant's names to whoever watches. Sampling each second, the default, is most of what an idle silo does; the page draws what it gets.
    public static void AddDashboardServices(this ISiloBuilder silo) => silo.AddDashboard(options =>
    {
        options.HideTrace = true;
        options.CounterUpdateIntervalMs = (int)Sampling.TotalMilliseconds;
    });

    public static void MapDashboard(this WebApplication app) =>
        app.MapOrleansDashboard("/orleans").RequireAuthorization(Rights.Host).ExcludeFromDescription();
}
