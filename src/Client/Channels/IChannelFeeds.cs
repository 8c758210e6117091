using Rosud.Context;

namespace Rosud.Channels;

/// <summary>Everything that happens in channels, to as many listeners in this host as there are, over one stream subscription per channel.</summary>
internal interface IChannelFeeds
{
    /// <summary>Follows a channel.</summary>
    /// <param name="channel">The channel; it must exist.</param>
    /// <param name="after">What the listener has seen: it gets everything after that, once and in order, or a <see cref="FeedItem.Gap"/>. Null follows from now.</param>
    /// <param name="cancellationToken">Ends the listening.</param>
    /// <returns>An endless sequence; ends after <see cref="FeedItem.Gap"/> of a listener that fell too far behind (256 items or 1 MiB), and after the channel was deleted.</returns>
    IAsyncEnumerable<FeedItem> Follow(ChannelId channel, FeedPosition? after, CancellationToken cancellationToken);
}

/// <summary>How far a listener is: the version of the last commit it saw and the number of the last notice, as in an SSE id <c>version.number</c>.</summary>
/// <param name="Version">The last commit seen.</param>
/// <param name="Notice">The last notice seen at that version; null when a commit was the last thing.</param>
internal readonly record struct FeedPosition(ContextVersion Version, long? Notice);

/// <summary>One thing that happened in a channel.</summary>
internal abstract record FeedItem
{
    private FeedItem() { }

    /// <summary>A commit. The next commit has the next version.</summary>
    internal sealed record Commit(Change Change) : FeedItem;

    /// <summary>Something that is no commit.</summary>
    internal sealed record Notice(ChannelNotice Body) : FeedItem;

    /// <summary>What lies between could not be had: read a snapshot at <paramref name="Head"/> and go on from there.</summary>
    /// <param name="After">The last version the listener has.</param>
    /// <param name="Head">Where it goes on.</param>
    /// <param name="Reason"><c>compacted</c>, <c>slow</c>, <c>notices</c> (only notices may be missing) or <c>deleted</c>.</param>
    internal sealed record Gap(ContextVersion After, ContextVersion Head, string Reason) : FeedItem;
}
