using Orleans.Concurrency;

namespace Rosud.Networks;

/// <summary>The network as the Orleans dashboard sees it.</summary>
[Alias("rosud.network-panel")]
internal interface INetworkPanel : IGrainWithStringKey
{
    /// <summary>Numbers as they are now, never contents.</summary>
    [ReadOnly, Alias("get-state")]
    Task<NetworkState> GetState();
}

/// <summary>What the dashboard shows of a network.</summary>
[GenerateSerializer, Immutable, Alias("rosud.network-state")]
internal sealed record NetworkState([property: Id(0)] string Network, [property: Id(1)] long Revision, [property: Id(2)] long Runs);
