using Rosud.Networks;

namespace Rosud.Tenants;

/// <summary>What all networks of a tenant add up to.</summary>
/// <remarks>Keyed by the tenant. Holds nothing: every answer is made anew from the tenant's networks.</remarks>
[Alias("rosud.tenant")]
public interface ITenantGrain : IGrainWithStringKey
{
    /// <summary>The metrics of all networks, merged: percentiles come from merged histograms.</summary>
    [Alias("metrics")]
    Task<NetworkMetrics> Metrics();
}
