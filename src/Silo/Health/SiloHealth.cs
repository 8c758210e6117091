using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Rosud.Health;

/// <summary>Whether the silo is a member of its cluster and not about to leave.</summary>
internal sealed class SiloHealth(ISiloStatusOracle membership, IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var status = lifetime.ApplicationStopping.IsCancellationRequested ? SiloStatus.ShuttingDown : membership.CurrentStatus;
        var word = status.ToString().ToLowerInvariant();
        return Task.FromResult(status == SiloStatus.Active ? HealthCheckResult.Healthy(word) : HealthCheckResult.Unhealthy(word));
    }
}
