using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Rosud.Networks;

namespace Rosud.Hosting;

/// <summary>Whether the cluster answers: one call to an actor that always exists.</summary>
internal sealed class ClusterHealth(IClusterClient cluster, IOptions<RosudClientOptions> options) : IHealthCheck
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var network = cluster.GetGrain<INetworkGrain>(new NetworkId(new(options.Value.Tenant), NetworkId.DefaultName).Key);
            await network.Describe().WaitAsync(Longest, cancellationToken);
            return HealthCheckResult.Healthy("The cluster answers.");
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            return new(context.Registration.FailureStatus, "The cluster does not answer.", fault);
        }
    }
}
