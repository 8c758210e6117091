using Rosud.Context;

namespace Rosud.Channels;

/// <summary>Where feeds hear and read from: the cluster, or a test.</summary>
internal interface IChannelSource
{
    /// <summary>Subscribes to a channel's updates.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="heard">Is called with each update, one at a time; must return at once.</param>
    /// <param name="lost">Is called when updates may not come any more.</param>
    /// <returns>Ends the subscription when disposed.</returns>
    Task<IAsyncDisposable> Subscribe(ChannelId channel, Action<ChannelUpdate> heard, Action<Exception> lost);

    /// <summary>As <see cref="IChannelGrain.Changes"/>, but not counted: it is for many listeners, or to find out whether there is anything for them.</summary>
    Task<ChangesOutcome> Changes(ChannelId channel, ContextVersion after, int limit);

    /// <summary>Tells the channel of one listener more.</summary>
    void Listened(ChannelId channel);
}
