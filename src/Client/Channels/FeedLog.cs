using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Channels;

/// <summary>What one host knows of a channel, in order, from updates that may be lost, repeated or late: a value. Knows no grain, clock or stream.</summary>
/// <remarks>
/// Every method that learns something returns what listeners are told of it. A notice never comes before the commits of its
/// version, else its place would stand for commits that were not seen; one that is late stands at the head instead.
/// </remarks>
internal sealed class FeedLog
{
    /// <summary>The most notices, and the most commits, that are kept for those who come back.</summary>
    public const int KeptMax = 256;

    /// <summary>The most canonical bytes of commits that are kept.</summary>
    public const long KeptBytesMax = 1 << 20;

    private readonly Queue<Change> _commits = new();
    private readonly Queue<ChannelNotice> _notices = new();
    private readonly Queue<ChannelNotice> _early = new();
    private long _commitBytes;
    private long _lastHeard = long.MinValue;
    private long _lastTold = long.MinValue;
    private long? _noticesFrom;

    /// <summary>Whether <see cref="Head"/> means anything yet.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>The newest commit that listeners were told.</summary>
    public ContextVersion Head { get; private set; }

    /// <summary>The newest commit known to exist.</summary>
    public ContextVersion Known { get; private set; }

    /// <summary>Commits are missing: read the changes after <see cref="Head"/>.</summary>
    public bool IsBehind => IsStarted && !IsDeleted && Head < Known;

    /// <summary>The channel was deleted; nothing follows.</summary>
    public bool IsDeleted { get; private set; }

    // The commits that are kept are those after this version.
    private ContextVersion Tail => new(Head.Number - _commits.Count);

    /// <summary>Begins at the channel's head, as it was read after the subscription was there.</summary>
    public ImmutableArray<FeedItem> Start(ContextVersion head)
    {
        IsStarted = true;
        Head = head;
        Learn(head);
        return Told(Release);
    }

    /// <summary>An update came.</summary>
    public ImmutableArray<FeedItem> Hear(ChannelUpdate update)
    {
        if (IsDeleted) return [];
        Learn(update.To);
        foreach (var notice in update.Notices) Hear(notice);
        return Told(told =>
        {
            Release(told);
            if (IsStarted && update.Changes is { } changes) Append(changes, told);
            if (update.Deleted) Delete(told);
        });
    }

    /// <summary>A head was read or heard of.</summary>
    public void Learn(ContextVersion head) => Known = head > Known ? head : Known;

    /// <summary>The changes after <paramref name="after"/> were read.</summary>
    public ImmutableArray<FeedItem> Read(ContextVersion after, ChangePage page)
    {
        if (IsDeleted) return [];
        Learn(page.Head);
        return Told(told =>
        {
            if (!page.Gap) Append(page.Changes, told);
            else if (after == Head && page.Head > Head) Jump(page.Head, told);
        });
    }

    /// <summary>The channel is gone.</summary>
    public ImmutableArray<FeedItem> Delete() => IsDeleted ? [] : Told(Delete);

    /// <summary>The subscription was lost for a while: commits are read again, notices are not to be had.</summary>
    public ImmutableArray<FeedItem> MissNotices()
    {
        _noticesFrom = null;
        _notices.Clear();
        return IsStarted && !IsDeleted ? [new FeedItem.Gap(Head, Head, FeedReasons.Notices)] : [];
    }

    /// <summary>Lets a listener in who has seen everything up to <paramref name="version"/>.</summary>
    /// <param name="version">Its last commit; null to follow from now.</param>
    /// <param name="resumed">The position it came with, which says what notices it has seen; null to follow from now.</param>
    /// <param name="first">What it is told before all that comes from now on.</param>
    /// <returns>Null when it must first read the changes after <paramref name="version"/> from the channel.</returns>
    public FeedCursor? Join(ContextVersion? version, FeedPosition? resumed, out ImmutableArray<FeedItem> first)
    {
        first = [];
        if (version is not { } at || resumed is not { } position) return new(Head, _lastTold);
        if (at < Tail) return null;
        var cursor = new FeedCursor(at, position.Notice ?? long.MinValue);
        var told = ImmutableArray.CreateBuilder<FeedItem>();
        if (position.Notice is { } seen && !(seen >= _noticesFrom)) told.Add(new FeedItem.Gap(at, at, FeedReasons.Notices));
        foreach (var item in Kept(position))
        {
            if (cursor.Take(item) is { } next) told.Add(next);
        }

        first = told.ToImmutable();
        return cursor;
    }

    private IEnumerable<FeedItem> Kept(FeedPosition position)
    {
        var notices = new Queue<ChannelNotice>(_notices.Where(notice => position.Notice is not null || notice.Version >= position.Version));
        foreach (var commit in _commits)
        {
            while (notices.TryPeek(out var notice) && notice.Version < commit.Version) yield return new FeedItem.Notice(notices.Dequeue());
            yield return new FeedItem.Commit(commit);
        }

        while (notices.TryDequeue(out var notice)) yield return new FeedItem.Notice(notice);
    }

    private void Hear(ChannelNotice notice)
    {
        if (notice.Number <= _lastHeard) return;
        _lastHeard = notice.Number;
        Learn(notice.Version);
        _early.Enqueue(notice);
        if (_early.Count > KeptMax) _noticesFrom = _early.Dequeue().Number;
    }

    private void Release(ImmutableArray<FeedItem>.Builder told)
    {
        while (IsStarted && _early.TryPeek(out var early) && early.Version <= Head)
        {
            var notice = _early.Dequeue() with { Version = Head };
            _lastTold = notice.Number;
            _noticesFrom ??= notice.Number;
            _notices.Enqueue(notice);
            if (_notices.Count > KeptMax) _noticesFrom = _notices.Dequeue().Number;
            told.Add(new FeedItem.Notice(notice));
        }
    }

    private void Append(ImmutableArray<Change> changes, ImmutableArray<FeedItem>.Builder told)
    {
        foreach (var change in changes)
        {
            if (change.Version <= Head) continue;
            if (change.Version != Head.Next()) return;
            Head = change.Version;
            Learn(Head);
            Keep(change);
            told.Add(new FeedItem.Commit(change));
            Release(told);
        }
    }

    private void Keep(Change change)
    {
        _commits.Enqueue(change);
        _commitBytes += CanonicalLength.Of(change);
        while (_commits.Count > KeptMax || _commitBytes > KeptBytesMax) _commitBytes -= CanonicalLength.Of(_commits.Dequeue());
    }

    private void Jump(ContextVersion head, ImmutableArray<FeedItem>.Builder told)
    {
        told.Add(new FeedItem.Gap(Head, head, FeedReasons.Compacted));
        Head = head;
        _commits.Clear();
        _commitBytes = 0;
        Release(told);
    }

    private void Delete(ImmutableArray<FeedItem>.Builder told)
    {
        IsDeleted = true;
        told.Add(new FeedItem.Gap(Head, Known, FeedReasons.Deleted));
    }

    private static ImmutableArray<FeedItem> Told(Action<ImmutableArray<FeedItem>.Builder> tell)
    {
        var told = ImmutableArray.CreateBuilder<FeedItem>();
        tell(told);
        return told.ToImmutable();
    }
}
