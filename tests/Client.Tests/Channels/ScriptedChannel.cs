using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Tests.Channels;

/// <summary>One channel as a feed sees it; the test says what is committed, announced, lost and refused.</summary>
internal sealed class ScriptedChannel : IChannelSource
{
    private readonly Channel<Subscription> _subscribed = Channel.CreateUnbounded<Subscription>();
    private readonly Channel<long> _read = Channel.CreateUnbounded<long>();
    private long _head;
    private int _failures;

    public bool Deleted { get; set; }

    public long Oldest { get; set; }

    /// <summary>How many listeners the channel was told of.</summary>
    public int Listeners { get; private set; }

    /// <summary>Commits without telling anybody, and answers what an update would say.</summary>
    public ChannelUpdate Commit(int count = 1)
    {
        var from = _head;
        _head += count;
        return FeedLogTests.Update(from, _head);
    }

    /// <summary>The same for one commit of this value.</summary>
    public ChannelUpdate Commit(JsonValue value)
    {
        var update = Commit();
        return update with { Changes = [update.Changes!.Value[0] with { Writes = [new(new("k"), value)] }] };
    }

    public void FailNext(int subscriptions) => _failures = subscriptions;

    public ValueTask<Subscription> Subscribed() => _subscribed.Reader.ReadAsync();

    /// <summary>The version after which changes were read next.</summary>
    public ValueTask<long> Read() => _read.Reader.ReadAsync();

    public int SubscriptionsUnseen => _subscribed.Reader.Count;

    public Task<IAsyncDisposable> Subscribe(ChannelId channel, Action<ChannelUpdate> heard, Action<Exception> lost)
    {
        if (_failures-- > 0) throw new TimeoutException("Nobody answers.");
        var subscription = new Subscription(heard, lost);
        _subscribed.Writer.TryWrite(subscription);
        return Task.FromResult<IAsyncDisposable>(subscription);
    }

    public Task<ChangesOutcome> Changes(ChannelId channel, ContextVersion after, int limit)
    {
        ChangesOutcome outcome =
            Deleted ? new ChangesOutcome.Refused(new(ProblemKind.NotFound, "gone"))
            : after.Number > _head ? new ChangesOutcome.Refused(new(ProblemKind.VersionAhead, "ahead") { Version = _head })
            : after.Number < Oldest ? new ChangesOutcome.Found(new([], new(_head), Gap: true))
            : new ChangesOutcome.Found(FeedLogTests.Page(after.Number, Math.Min(_head, after.Number + limit)) with { Head = new(_head) });
        _read.Writer.TryWrite(after.Number);
        return Task.FromResult(outcome);
    }

    public void Listened(ChannelId channel) => Listeners++;

    internal sealed class Subscription(Action<ChannelUpdate> heard, Action<Exception> lost) : IAsyncDisposable
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        public void Hear(ChannelUpdate update) => heard(update);

        public void Lose() => lost(new TimeoutException("The silo is gone."));

        public ValueTask DisposeAsync()
        {
            _ended.TrySetResult();
            return default;
        }
    }
}

/// <summary>A clock that tells when somebody begins to wait for it.</summary>
internal sealed class WatchedTime : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _timers = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _timers.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>Returns when somebody waits that long.</summary>
    public async Task Waited(TimeSpan time)
    {
        while (await _timers.Reader.ReadAsync() != time)
        {
        }
    }
}
