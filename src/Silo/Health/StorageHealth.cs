using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Orleans.Storage;
using Rosud.Hosting;
using Rosud.Journal;

namespace Rosud.Health;

/// <summary>Whether storage answers: reads a record that nobody writes.</summary>
internal sealed class StorageHealth([FromKeyedServices(IJournals.StorageName)] IGrainStorage storage, IOptions<HostingOptions> options, TimeProvider time) : IHealthCheck
{
    private static readonly GrainId Nobody = GrainId.Create("health", "storage");

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await storage.ReadStateAsync("health", Nobody, new GrainState<NoState>()).WaitAsync(options.Value.ReadyTimeout, time, cancellationToken);
            return HealthCheckResult.Healthy("answers");
        }
        catch (TimeoutException)
        {
            return HealthCheckResult.Unhealthy($"no answer in {options.Value.ReadyTimeout.TotalSeconds:0.###} s");
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            return HealthCheckResult.Unhealthy("fails", failure);
        }
    }
}

/// <summary>Never written.</summary>
[GenerateSerializer, Immutable, Alias("rosud.no-state")]
internal sealed class NoState;
