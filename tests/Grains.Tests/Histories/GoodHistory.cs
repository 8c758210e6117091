using System.Collections.Immutable;

namespace Rosud.Histories;

/// <summary>A history that is good by construction: every operation takes effect at one moment between its call and its answer.</summary>
internal sealed class GoodHistory
{
    private const int Steps = 60;
    private static readonly string[] Keys = ["a", "b", "c"];

    private readonly Random _random;
    private readonly List<LogEntry> _log = [];
    private readonly List<(TimeSpan At, long Head)> _heads = [(TimeSpan.Zero, 0)];
    private readonly List<WriteOperation> _writes = [];
    private readonly List<ReadOperation> _reads = [];
    private readonly List<WriteOperation> _ghosts = [];
    private readonly Session[] _sessions;
    private TimeSpan _now;
    private int _operations;

    private GoodHistory(int seed)
    {
        _random = new(seed);
        _sessions = [.. Enumerable.Range(1, _random.Next(1, 5)).Select(number => new Session(number))];
    }

    public static ChannelHistory Of(int seed) => new GoodHistory(seed).Make();

    private long Head => _log.Count;

    private ChannelHistory Make()
    {
        for (var step = 0; step < Steps; step++)
        {
            _now += TimeSpan.FromMilliseconds(_random.Next(1, 300));
            if (_ghosts.Count > 0 && _random.Next(6) == 0) Appear();
            else Step(_sessions[_random.Next(_sessions.Length)]);
        }

        foreach (var session in _sessions.Where(session => session.Asked is not null))
        {
            _now += TimeSpan.FromMilliseconds(1);
            _writes.Add(session.Asked! with { Answered = _now });
        }

        var history = new ChannelHistory("simulated") { Writes = [.. _writes], Reads = [.. _reads], Log = [.. _log] };
        return history with { Listeners = [.. Enumerable.Range(1, 3).Select(number => Listener(number))] };
    }

    private void Step(Session session)
    {
        if (session.Asked is { } asked) Answer(session, asked);
        else if (session.ReadsSince is { } since) Show(session, since);
        else if (_random.Next(3) == 0) session.ReadsSince = _now;
        else session.Asked = Ask(session);
    }

    private WriteOperation Ask(Session session)
    {
        var id = $"op-{++_operations}";
        var keys = Keys.Where(_ => _random.Next(2) == 0).DefaultIfEmpty("a");
        var write = new WriteOperation(session.Number, id, [.. keys.Select(key => new Entry(key, _random.Next(8) == 0 ? null : $"\"{id} {key}\""))], _now, _now);
        return _random.Next(2) == 0 ? write : write with { BasedOn = session.Seen, Reads = [Keys[_random.Next(Keys.Length)]] };
    }

    private void Answer(Session session, WriteOperation asked)
    {
        session.Asked = null;
        var done = asked with { Answered = _now + TimeSpan.FromMilliseconds(_random.Next(1, 40)) };
        _now = done.Answered;
        switch (_random.Next(10))
        {
            case 0:
                _writes.Add(done with { Told = Told.Refused });
                return;
            case 1:
                _writes.Add(done);
                _ghosts.Add(done);
                return;
            case 2:
                _writes.Add(IsFresh(done) ? Commit(done) with { Told = Told.Unknown, Version = 0 } : done);
                return;
        }

        var told = IsFresh(done) ? Commit(done) : done with { Told = Told.Stale, Version = Head };
        session.Seen = Math.Max(session.Seen, told.Version);
        _writes.Add(told);
    }

    // A write that nobody waits for any more lands after all, or finds that it is stale.
    private void Appear()
    {
        var ghost = _ghosts[_random.Next(_ghosts.Count)];
        _ghosts.Remove(ghost);
        if (IsFresh(ghost)) Commit(ghost);
    }

    private bool IsFresh(WriteOperation write) => write.BasedOn is not { } basedOn
        || !_log.Skip((int)basedOn).SelectMany(entry => entry.Writes).Any(entry => write.Reads.Contains(entry.Key));

    private WriteOperation Commit(WriteOperation write)
    {
        _log.Add(new(Head + 1, write.Operation, write.Writes));
        _heads.Add((_now, Head));
        return write with { Told = Told.Accepted, Version = Head };
    }

    private void Show(Session session, TimeSpan since)
    {
        session.ReadsSince = null;
        var plain = _random.Next(3) == 0;
        var from = since - TimeSpan.FromMilliseconds(_random.Next(1_000));
        var version = plain ? _heads.Last(head => head.At <= (from > TimeSpan.Zero ? from : TimeSpan.Zero)).Head : Head;
        var min = plain && _random.Next(2) == 0 ? session.Seen : 0;
        version = Math.Max(version, min);
        var answered = _now += TimeSpan.FromMilliseconds(_random.Next(1, 40));
        _reads.Add(new(session.Number, since, answered, version, SlowChecker.StateAt(_log, version)) { IsPlain = plain, MinVersion = min });
        session.Seen = Math.Max(session.Seen, version);
    }

    private ListenerHistory Listener(int number)
    {
        var last = (long)_random.Next((int)Head + 1);
        var (after, items) = (last, ImmutableArray.CreateBuilder<Heard>());
        var end = _random.Next(3) == 0 ? _random.Next((int)last, (int)Head + 1) : Head;
        while (last < end)
        {
            var next = _random.Next(10) == 0 ? _random.Next((int)last, (int)end + 1) : 0;
            items.Add(next > 0 ? new Heard.Gap(last, next) : new Heard.Commit(last + 1, _log[(int)last].Writes));
            last = next > 0 ? next : last + 1;
        }

        return new($"Listener {number}", after, items.ToImmutable(), IsWhole: last == Head);
    }

    private sealed class Session(int number)
    {
        public int Number => number;

        public long Seen { get; set; }

        public WriteOperation? Asked { get; set; }

        public TimeSpan? ReadsSince { get; set; }
    }
}
