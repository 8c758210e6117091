using Orleans.Concurrency;

namespace Rosud.Networks;

/// <summary>A network as those see it who add it to others.</summary>
[Alias("rosud.network-sums")]
internal interface INetworkSums : IGrainWithStringKey
{
    /// <summary>What its runs add up to, with whole histograms.</summary>
    [ReadOnly, Alias("totals")]
    Task<StoredTotals> Totals();
}
