using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>The feeds of this host: each opens with its channel's first listener and closes some time after the last.</summary>
internal sealed class ChannelFeeds(IChannelSource source, FeedTimes times, TimeProvider clock, ILogger<ChannelFeeds> trouble) : IChannelFeeds, IAsyncDisposable
{
    private const int PageMax = 500;

    private readonly Lock _gate = new();
    private readonly Dictionary<ChannelId, ChannelFeed> _feeds = [];
    private bool _closed;

    public async IAsyncEnumerable<FeedItem> Follow(ChannelId channel, FeedPosition? after, [EnumeratorCancellation] CancellationToken cancellationToken, Action? joined = null)
    {
        if (Enter(channel) is not { } feed) yield break;
        FeedListener? listener = null;
        try
        {
            await feed.Started.WaitAsync(cancellationToken);
            source.Listened(channel);
            var at = after?.Version;
            var confirmed = false;
            ImmutableArray<FeedItem> first;
            while ((listener = feed.Join(at, after, confirmed, out first)) is null)
            {
                var read = await source.Changes(channel, at!.Value, PageMax).WaitAsync(cancellationToken);
                foreach (var item in Told(at.Value, read))
                {
                    yield return item;
                    if (item is FeedItem.Gap { Reason: FeedReasons.Deleted }) yield break;
                    at = item is FeedItem.Commit commit ? commit.Change.Version : ((FeedItem.Gap)item).Head;
                }

                confirmed = true;
            }

            joined?.Invoke();
            foreach (var item in first) yield return item;
            await foreach (var item in listener.Read(cancellationToken)) yield return item;
        }
        finally
        {
            feed.Leave(listener);
        }
    }

    /// <summary>Something on the way from the cluster was lost: every feed subscribes again and looks for what it missed.</summary>
    public void Doubt()
    {
        ChannelFeed[] open;
        lock (_gate) open = [.. _feeds.Values];
        foreach (var feed in open) feed.Doubt();
    }

    /// <summary>Ends all listening and all subscriptions.</summary>
    public async ValueTask DisposeAsync()
    {
        ChannelFeed[] open;
        lock (_gate)
        {
            _closed = true;
            open = [.. _feeds.Values];
        }

        await Task.WhenAll(open.Select(feed => feed.DisposeAsync().AsTask()));
    }

    private ChannelFeed? Enter(ChannelId channel)
    {
        while (true)
        {
            ChannelFeed? feed;
            lock (_gate)
            {
                if (_closed) return null;
                if (!_feeds.TryGetValue(channel, out feed)) _feeds.Add(channel, feed = new(channel, source, times, clock, trouble, Remove));
            }

            if (feed.TryEnter()) return feed;
            Remove(feed);
        }
    }

    private void Remove(ChannelFeed feed)
    {
        lock (_gate)
        {
            if (_feeds.GetValueOrDefault(feed.Id) == feed) _feeds.Remove(feed.Id);
        }
    }

    // What the answer to a read after a version tells a listener that is not at the feed's kept part yet.
    private static IEnumerable<FeedItem> Told(ContextVersion after, ChangesOutcome outcome) => outcome switch
    {
        ChangesOutcome.Found { Page: { Gap: true, Head: var head } } => [new FeedItem.Gap(after, head, FeedReasons.Compacted)],
        ChangesOutcome.Found { Page.Changes: var changes } => changes.Select(change => new FeedItem.Commit(change)),
        ChangesOutcome.Refused { Problem.Kind: ProblemKind.NotFound } => [new FeedItem.Gap(after, after, FeedReasons.Deleted)],

        // A version that the channel never had: it was deleted and made again.
        ChangesOutcome.Refused { Problem: { Kind: ProblemKind.VersionAhead, Version: { } head } } => [new FeedItem.Gap(after, new(head), FeedReasons.Compacted)],
        ChangesOutcome.Refused { Problem: var problem } => throw new InvalidOperationException(problem.Detail),
        _ => [],
    };
}
