using Orleans.Dashboard;
using Rosud.Tenants;

namespace Rosud.Hosting;

/// <summary>The Orleans dashboard at <c>/orleans</c>: for operators, and no part of the API's description.</summary>
internal static class Dashboard
{
    // The log stream would show every tenant's names to whoever watches.
    public static void AddDashboardServices(this ISiloBuilder silo) => silo.AddDashboard(options => options.HideTrace = true);

    public static void MapDashboard(this WebApplication app) =>
        app.MapOrleansDashboard("/orleans").RequireAuthorization(Rights.Host).ExcludeFromDescription();
}
