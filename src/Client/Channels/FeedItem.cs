using Rosud.Context;

namespace Rosud.Channels;

/// <summary>One thing that happened in a channel.</summary>
public abstract record FeedItem
{
    private FeedItem() { }

    /// <summary>A commit. The next commit has the next version.</summary>
    public sealed record Commit(Change Change) : FeedItem;

    /// <summary>Something that is no commit.</summary>
    public sealed record Notice(ChannelNotice Body) : FeedItem;

    /// <summary>What lies between could not be had: read a snapshot at <paramref name="Head"/> and go on from there.</summary>
    /// <param name="After">The last version the listener has.</param>
    /// <param name="Head">Where it goes on.</param>
    /// <param name="Reason">One of <see cref="FeedReasons"/>.</param>
    public sealed record Gap(ContextVersion After, ContextVersion Head, string Reason) : FeedItem;
}

/// <summary>Why there is a gap in what a listener hears.</summary>
public static class FeedReasons
{
    /// <summary>The listener's version is older than the kept history.</summary>
    public const string Compacted = "compacted";

    /// <summary>The listener fell behind by 256 items or 1 MiB.</summary>
    public const string Slow = "slow";

    /// <summary>No commit is missing, but notices may be.</summary>
    public const string Notices = "notices";

    /// <summary>The channel was deleted: nothing more will come.</summary>
    public const string Deleted = "deleted";
}
