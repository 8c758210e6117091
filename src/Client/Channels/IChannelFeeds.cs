using Rosud.Context;

namespace Rosud.Channels;

/// <summary>Everything that happens in channels, to as many listeners in this host as there are, over one stream subscription per channel.</summary>
internal interface IChannelFeeds
{
    /// <summary>Follows a channel.</summary>
    /// <param name="channel">The channel; it must exist.</param>
    /// <param name="after">What the listener has seen: it gets everything after that, once and in order, or a <see cref="FeedItem.Gap"/>. Null follows from now.</param>
    /// <param name="cancellationToken">Ends the listening.</param>
    /// <param name="joined">Is called when the listening has begun: from then on nothing is missed.</param>
    /// <returns>An endless sequence; ends after <see cref="FeedItem.Gap"/> of a listener that fell too far behind (256 items or 1 MiB), and after the channel was deleted.</returns>
    IAsyncEnumerable<FeedItem> Follow(ChannelId channel, FeedPosition? after, CancellationToken cancellationToken, Action? joined = null);
}

/// <summary>How far a listener is: the version of the last commit it saw and the number of the last notice, as in an SSE id <c>version.number</c>.</summary>
/// <param name="Version">The last commit seen.</param>
/// <param name="Notice">The last notice seen at that version; null when a commit was the last thing.</param>
internal readonly record struct FeedPosition(ContextVersion Version, long? Notice);
