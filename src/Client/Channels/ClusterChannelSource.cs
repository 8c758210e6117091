using Orleans.Streams;
using Rosud.Context;

namespace Rosud.Channels;

/// <summary>Channels of the cluster that this process is in or is a client of.</summary>
internal sealed class ClusterChannelSource(IClusterClient cluster) : IChannelSource
{
    public async Task<IAsyncDisposable> Subscribe(ChannelId channel, Action<ChannelUpdate> heard, Action<Exception> lost)
    {
        var stream = cluster.GetStreamProvider(ChannelUpdates.Provider).GetStream<ChannelUpdate>(StreamId.Create(ChannelUpdates.Namespace, channel.Key));
        return new Subscription(await stream.SubscribeAsync(new Observer(heard, lost)));
    }

    public Task<ChangesOutcome> Changes(ChannelId channel, ContextVersion after, int limit) =>
        cluster.GetGrain<IChannelGrain>(channel.Key).Changes(after, limit);

    private sealed class Subscription(StreamSubscriptionHandle<ChannelUpdate> handle) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => new(handle.UnsubscribeAsync());
    }

    private sealed class Observer(Action<ChannelUpdate> heard, Action<Exception> lost) : IAsyncObserver<ChannelUpdate>
    {
        public Task OnNextAsync(ChannelUpdate item, StreamSequenceToken? token = null)
        {
            heard(item);
            return Task.CompletedTask;
        }

        public Task OnErrorAsync(Exception ex)
        {
            lost(ex);
            return Task.CompletedTask;
        }
    }
}
