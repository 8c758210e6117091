using Orleans.Concurrency;

namespace Rosud.Channels;

/// <summary>The channel as the Orleans dashboard sees it.</summary>
[Alias("rosud.channel-panel")]
internal interface IChannelPanel : IGrainWithStringKey
{
    /// <summary>Numbers as they are now, never contents.</summary>
    [ReadOnly, Alias("get-state")]
    Task<ChannelGrainState> GetState();
}

/// <summary>What the dashboard shows of a channel.</summary>
[GenerateSerializer, Immutable, Alias("rosud.channel-grain-state")]
internal sealed record ChannelGrainState(
    [property: Id(0)] string Channel,
    [property: Id(1)] long Version,
    [property: Id(2)] int Keys,
    [property: Id(3)] long Bytes,
    [property: Id(4)] int LiveRuns,
    [property: Id(5)] bool Exists);
