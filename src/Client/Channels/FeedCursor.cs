using Rosud.Context;

namespace Rosud.Channels;

/// <summary>How far one listener is, and so what of a feed's items is new to it: a value.</summary>
internal sealed class FeedCursor(ContextVersion version, long notice)
{
    private long _notice = notice;

    /// <summary>The last commit that the listener was told.</summary>
    public ContextVersion At { get; private set; } = version;

    /// <summary>The item as this listener is told it; null when it has seen it.</summary>
    public FeedItem? Take(FeedItem item)
    {
        switch (item)
        {
            case FeedItem.Commit { Change: var change }:
                if (change.Version <= At) return null;
                At = change.Version;
                return item;
            case FeedItem.Notice { Body: var notice }:
                if (notice.Number <= _notice) return null;
                _notice = notice.Number;
                return notice.Version < At ? new FeedItem.Notice(notice with { Version = At }) : item;
            case FeedItem.Gap { Reason: FeedReasons.Notices }:
                return new FeedItem.Gap(At, At, FeedReasons.Notices);
            case FeedItem.Gap { Reason: FeedReasons.Compacted } gap when gap.Head <= At:
                return null;
            case FeedItem.Gap gap:
                var from = At;
                At = gap.Head > At ? gap.Head : At;
                return new FeedItem.Gap(from, At, gap.Reason);
            default:
                return item;
        }
    }
}
