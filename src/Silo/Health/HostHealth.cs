using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Rosud.Agents;

namespace Rosud.Health;

/// <summary><c>/health/live</c>: the process answers. <c>/health/ready</c>: it can do its work. Open to everyone, and say no more than that.</summary>
internal static class HostHealth
{
    public static void AddHostHealth(this IServiceCollection services) =>
        services.AddHealthChecks().AddCheck<SiloHealth>("silo").AddCheck<StorageHealth>("storage").AddCheck<LocalAgentsHealth>("agents");

    public static void MapHostHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = Write }).AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = Write }).AllowAnonymous();
    }

    private static Task Write(HttpContext context, HealthReport report)
    {
        var body = new Dictionary<string, string> { ["status"] = report.Status == HealthStatus.Healthy ? "ok" : "unavailable" };
        foreach (var (name, entry) in report.Entries) body[name] = entry.Description ?? entry.Status.ToString();
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(JsonSerializer.Serialize(body), context.RequestAborted);
    }
}
