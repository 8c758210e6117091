using Orleans.Placement;
using Rosud.Channels;

namespace Rosud.Tests.Streams;

/// <summary>Publishes where the channel with its key would.</summary>
internal interface IAnnouncerGrain : IGrainWithStringKey
{
    Task Announce(ChannelUpdate update);
}

[RandomPlacement]
internal sealed class AnnouncerGrain : Grain, IAnnouncerGrain
{
    public Task Announce(ChannelUpdate update) =>
        this.GetStreamProvider(ChannelUpdates.Provider)
            .GetStream<ChannelUpdate>(StreamId.Create(ChannelUpdates.Namespace, this.GetPrimaryKeyString()))
            .OnNextAsync(update);
}
