using Orleans.Streams;
using Rosud.Context;

namespace Rosud.Channels;

/// <summary>Channels of the cluster that this process is in or is a client of.</summary>
internal sealed class ClusterChannelSource(IClusterClient cluster) : IChannelSource
{
    public async Task<IAsyncDisposable> Subscribe(ChannelId channel, Action<ChannelUpdate> heard, Action<Exception> lost)
    {
        var stream = cluster.GetStreamProvider(ChannelUpdates.Provider).GetStream<ChannelUpdate>(StreamId.Create(ChannelUpdates.Namespace, channel.Key));
        var observer = new Observer(heard, lost);

        // What this process subscribed before it lost its connection is still known to the cluster: that goes on, so nothing is sent twice or to nobody.
        var known = await stream.GetAllSubscriptionHandles();
        var subscription = new Subscription(known.Count == 0 ? await stream.SubscribeAsync(observer) : await known[0].ResumeAsync(observer));
        foreach (var spare in known.Skip(1)) await spare.UnsubscribeAsync();
        return subscription;
    }

    public Task<ChangesOutcome> Changes(ChannelId channel, ContextVersion after, int limit) =>
        OwnReads.Of(() => cluster.GetGrain<IChannelGrain>(channel.Key).Changes(after, limit));

    public void Listened(ChannelId channel) => cluster.GetGrain<IChannelGrain>(channel.Key).Listened().Ignore();

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
