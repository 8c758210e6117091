using Rosud.Runs;

namespace Rosud.Networks;

/// <summary>Holds the coordination policy that channels share, and adds up what their runs report.</summary>
/// <remarks>Keyed <c>tenant/name</c>. The network <c>default</c> always exists.</remarks>
[Alias("rosud.network")]
public interface INetworkGrain : IGrainWithStringKey
{
    /// <summary>Sets the policy; durable when it returns. The same policy again changes nothing, not even the revision.</summary>
    [Alias("configure")]
    Task<NetworkOutcome> Configure(CoordinationPolicy policy);

    /// <summary>The policy in force, or a <c>not-found</c> problem.</summary>
    [Alias("describe")]
    Task<NetworkOutcome> Describe();

    /// <summary>What the network's runs add up to.</summary>
    [Alias("metrics")]
    Task<NetworkMetrics> Metrics();

    /// <summary>What changed in the network at one moment: its runs before and after, by quarters of an hour.</summary>
    [Alias("compare")]
    Task<PeriodOutcome> Compare(PeriodQuery query);

    /// <summary>Adds one ended run. The same run again changes nothing while it is among the last 1,000 of its network.</summary>
    [Alias("report")]
    Task Report(RunResult result);
}
