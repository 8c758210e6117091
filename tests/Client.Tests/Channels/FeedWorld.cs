using Rosud.Channels;
using Rosud.Context;

namespace Rosud.Tests.Channels;

/// <summary>A channel, a stream that loses, repeats and mixes up, one feed, and listeners that check what they are told.</summary>
internal sealed class FeedWorld
{
    private readonly FeedLog _log = new();
    private readonly List<ChannelUpdate> _onTheWay = [];
    private readonly List<Listener> _listeners = [];
    private long _head;
    private long _oldest;   // Changes after older versions are compacted.
    private long _notice;
    private (long After, ChangePage Page)? _slowRead;

    public FeedWorld() => _log.Start(ContextVersion.None);

    public void Do(int what, int which)
    {
        switch (what)
        {
            case 0 or 1:
                Commit(1 + which % 3, notices: which % 2, tooLarge: which % 7 == 0);
                break;
            case 2 or 3 when _onTheWay.Count > 0:   // Arrives, and may arrive again.
                Tell(_log.Hear(_onTheWay[which % _onTheWay.Count]));
                break;
            case 4 when _onTheWay.Count > 0:
                _onTheWay.RemoveAt(which % _onTheWay.Count);
                break;
            case 5:
                if (_log.IsBehind) _slowRead ??= (_log.Head.Number, Read(_log.Head.Number, limit: 1 + which % 4));
                break;
            case 6 when _slowRead is { } read:
                Tell(_log.Read(new(read.After), read.Page));
                _slowRead = null;
                break;
            case 7:
                Join(new Listener(), which % 3 == 0 ? null : new FeedPosition(new(which % (_head + 1)), null));
                break;
            case 8 when _listeners.Count > 0:
                var back = _listeners[which % _listeners.Count];
                _listeners.Remove(back);
                Join(back, back.Position);
                break;
            case 9 when which % 4 == 0:
                _oldest = Math.Max(_oldest, _head - which % 5);
                break;
        }
    }

    public void Settle()
    {
        Tell(_log.Hear(new(new(_head), new(_head), 1)));
        while (_log.IsBehind) Tell(_log.Read(_log.Head, Read(_log.Head.Number, limit: 2)));
        Assert.Equal(_head, _log.Head.Number);
        foreach (var listener in _listeners) Assert.Equal(_head, listener.Position.Version.Number);
    }

    private void Commit(int count, int notices, bool tooLarge)
    {
        var update = FeedLogTests.Update(_head, _head + count);
        _head += count;
        if (notices > 0) update = update with { Notices = [FeedLogTests.Notice(_head - which(count), ++_notice), FeedLogTests.Notice(_head, ++_notice)] };
        _onTheWay.Add(tooLarge ? update with { Changes = null } : update);

        static int which(int count) => count / 2;
    }

    private ChangePage Read(long after, int limit)
    {
        if (after < _oldest) return new([], new(_head), Gap: true);
        return FeedLogTests.Page(after, Math.Min(_head, after + limit)) with { Head = new(_head) };
    }

    private void Join(Listener listener, FeedPosition? after)
    {
        var at = after?.Version;
        if (at is { } start) listener.StartAt(start);
        FeedCursor? cursor;
        while ((cursor = _log.Join(at, after, out var first)) is null || !listener.Enter(cursor, first))
        {
            var page = Read(at!.Value.Number, limit: 2);
            if (page.Gap) listener.Told(new FeedItem.Gap(at.Value, page.Head, "compacted"));
            foreach (var change in page.Changes) listener.Told(new FeedItem.Commit(change));
            at = listener.Position.Version;
        }

        _listeners.Add(listener);
    }

    private void Tell(IEnumerable<FeedItem> items)
    {
        foreach (var item in items)
        {
            foreach (var listener in _listeners) listener.Hear(item);
        }
    }

    private sealed class Listener
    {
        private readonly HashSet<long> _notices = [];
        private FeedCursor? _cursor;
        private bool _started;

        public FeedPosition Position { get; private set; }

        public void StartAt(ContextVersion version)
        {
            if (!_started) Position = new(version, null);
            _started = true;
        }

        public bool Enter(FeedCursor cursor, IEnumerable<FeedItem> first)
        {
            StartAt(cursor.At);
            foreach (var item in first) Told(item);
            Assert.Equal(Position.Version, cursor.At);
            _cursor = cursor;
            return true;
        }

        public void Hear(FeedItem item)
        {
            if (_cursor!.Take(item) is { } told) Told(told);
        }

        public void Told(FeedItem item)
        {
            switch (item)
            {
                case FeedItem.Commit { Change.Version: var version }:
                    Assert.Equal(Position.Version.Next(), version);
                    Position = new(version, null);
                    break;
                case FeedItem.Gap gap:
                    Assert.Equal(Position.Version, gap.After);
                    Assert.True(gap.Reason == "notices" ? gap.Head == gap.After : gap.Head > gap.After);
                    Position = new(gap.Head, null);
                    break;
                case FeedItem.Notice { Body: var notice }:
                    Assert.Equal(Position.Version, notice.Version);
                    Assert.True(_notices.Add(notice.Number), "A notice was told twice.");
                    Assert.True(_notices.Max() == notice.Number, "A notice came after a later one.");
                    Position = new(notice.Version, notice.Number);
                    break;
            }
        }
    }
}
