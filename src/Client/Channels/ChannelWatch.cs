using System.Runtime.CompilerServices;
using Rosud.Context;
using Rosud.Hosting;

namespace Rosud.Channels;

/// <summary>One listener's watch: goes on after whatever ends a feed, except the channel's end.</summary>
internal sealed class ChannelWatch(Reach reach, ChannelId channel, ContextVersion? start)
{
    private static readonly FeedTimes Times = new();

    private FeedPosition? _at = start is { } version ? new(version, null) : null;

    public async IAsyncEnumerable<FeedItem> Follow([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Now is a version: what comes while a lost connection is being mended comes after it.
        _at ??= new((await new RemoteChannel(reach, channel.Name).Describe(cancellationToken)).Version, null);
        var failures = 0;
        while (true)
        {
            await using var feed = reach.Feeds.Follow(channel, _at, cancellationToken).GetAsyncEnumerator(CancellationToken.None);
            while (await Next(feed, cancellationToken) is { } item)
            {
                failures = 0;
                _at = Position(item);
                yield return item;
                if (item is FeedItem.Gap { Reason: FeedReasons.Deleted }) yield break;
            }

            cancellationToken.ThrowIfCancellationRequested();
            await Task.Delay(Times.RetryAfter(++failures), reach.Time, cancellationToken);
        }
    }

    // Null when this feed has ended, or the cluster could not be read: then a new one goes on where this stopped.
    private static async Task<FeedItem?> Next(IAsyncEnumerator<FeedItem> feed, CancellationToken cancellationToken)
    {
        try
        {
            return await feed.MoveNextAsync() ? feed.Current : null;
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested && (LostCalls.LeavesOutcomeOpen(fault) || fault is OperationCanceledException))
        {
            return null;
        }
    }

    private FeedPosition? Position(FeedItem item) => item switch
    {
        FeedItem.Commit commit => new(commit.Change.Version, null),
        FeedItem.Notice notice => new(_at?.Version > notice.Body.Version ? _at.Value.Version : notice.Body.Version, notice.Body.Number),
        FeedItem.Gap gap => new(gap.Head, null),
        _ => _at,
    };
}
