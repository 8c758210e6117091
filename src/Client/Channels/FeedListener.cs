using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Rosud.Context;

namespace Rosud.Channels;

/// <summary>What waits for one listener. One that falls too far behind is ended, so that it costs the others nothing.</summary>
internal sealed class FeedListener(FeedCursor cursor)
{
    public const int ItemsMax = 256;
    public const long BytesMax = 1 << 20;

    private readonly Channel<FeedItem> _waiting = Channel.CreateUnbounded<FeedItem>(new() { SingleReader = true });
    private int _items;
    private long _bytes;

    /// <summary>Queues an item if it is new to the listener. One call at a time.</summary>
    /// <returns>Whether the listener goes on: false after a <see cref="FeedItem.Gap"/> that ended it.</returns>
    public bool Offer(FeedItem item, ContextVersion head)
    {
        var at = cursor.At;
        if (cursor.Take(item) is not { } next) return true;
        var bytes = LengthOf(next);
        var full = Volatile.Read(ref _items) is var items && items > 0
            && (items >= ItemsMax || Interlocked.Read(ref _bytes) + bytes > BytesMax);
        if (full)
        {
            (next, bytes) = (new FeedItem.Gap(at, head > at ? head : at, FeedReasons.Slow), 0);
            ListenerMeter.Slow();
        }

        Interlocked.Increment(ref _items);
        Interlocked.Add(ref _bytes, bytes);
        _waiting.Writer.TryWrite(next);
        if (next is not FeedItem.Gap { Reason: FeedReasons.Slow or FeedReasons.Deleted }) return true;
        End();
        return false;
    }

    /// <summary>Nothing more will be queued; what waits is still read.</summary>
    public void End() => _waiting.Writer.TryComplete();

    /// <summary>What was queued, as it comes, until <see cref="End"/>.</summary>
    public async IAsyncEnumerable<FeedItem> Read([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in _waiting.Reader.ReadAllAsync(cancellationToken))
        {
            Interlocked.Decrement(ref _items);
            Interlocked.Add(ref _bytes, -LengthOf(item));
            yield return item;
        }
    }

    private static long LengthOf(FeedItem item) => item switch
    {
        FeedItem.Commit commit => CanonicalLength.Of(commit.Change),
        FeedItem.Notice notice => CanonicalLength.Of(notice.Body),
        _ => 0,
    };
}
