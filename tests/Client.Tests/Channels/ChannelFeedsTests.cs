using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Rosud.Channels;
using Rosud.Context;

namespace Rosud.Tests.Channels;

public sealed class ChannelFeedsTests : IAsyncDisposable
{
    private static readonly ChannelId Id = new(new("t"), "c");
    private readonly ScriptedChannel _channel = new();
    private readonly WatchedTime _time = new();
    private readonly FeedTimes _times = new();
    private readonly ChannelFeeds _feeds;

    public ChannelFeedsTests() => _feeds = new(_channel, _times, _time, NullLogger<ChannelFeeds>.Instance);

    public ValueTask DisposeAsync() => _feeds.DisposeAsync();

    [Fact]
    public async Task X1_Listeners_of_a_channel_share_one_subscription()
    {
        await using var one = Start(new(new(0), null));
        await using var other = Start(new(new(0), null));
        var subscription = await _channel.Subscribed();

        subscription.Hear(_channel.Commit(2));

        Assert.Equal(["1", "2"], await one.Next(2));
        Assert.Equal(["1", "2"], await other.Next(2));
        Assert.Equal(0, _channel.SubscriptionsUnseen);
    }

    [Fact]
    public async Task Live_Who_comes_back_gets_what_it_missed_and_then_goes_on_live()
    {
        _channel.Commit(1_200);
        await using var listener = Start(new(new(10), null));
        Assert.Equal(Enumerable.Range(11, 1_190).Select(version => $"{version}"), await listener.Next(1_190));

        (await _channel.Subscribed()).Hear(_channel.Commit());

        Assert.Equal(["1201"], await listener.Next(1));
    }

    [Fact]
    public async Task C13_Who_comes_back_after_compaction_gets_a_gap_to_the_head()
    {
        _channel.Commit(9);
        _channel.Oldest = 5;
        await using var listener = Start(new(new(2), null));
        Assert.Equal(["gap compacted"], await listener.Next(1));

        (await _channel.Subscribed()).Hear(_channel.Commit());

        Assert.Equal(["10"], await listener.Next(1));
    }

    [Fact]
    public async Task C19_Lost_updates_are_read_from_the_channel()
    {
        var (listener, subscription) = await Joined();
        _channel.Commit(3);

        subscription.Hear(_channel.Commit());

        Assert.Equal(["2", "3", "4", "5"], await listener.Next(4));
    }

    [Fact]
    public async Task Live_A_slow_listener_is_ended_with_a_gap_after_256_items_and_the_others_go_on()
    {
        var (slow, subscription) = await Joined();
        await using var quick = Start(new(new(1), null));

        for (var i = 0; i < FeedListener.ItemsMax + 2; i++)
        {
            subscription.Hear(_channel.Commit());
            Assert.Equal([$"{i + 2}"], await quick.Next(1));
        }

        var told = await slow.Rest();
        Assert.Equal("gap slow", told[^1]);
        Assert.InRange(told.Length, FeedListener.ItemsMax + 1, FeedListener.ItemsMax + 2);
        subscription.Hear(_channel.Commit());
        Assert.Equal([$"{FeedListener.ItemsMax + 4}"], await quick.Next(1));
    }

    [Fact]
    public async Task Live_A_slow_listener_is_ended_with_a_gap_after_a_mebibyte_and_the_others_go_on()
    {
        var (slow, subscription) = await Joined();
        await using var quick = Start(new(new(1), null));
        var value = JsonValue.From(new string('x', 200 * 1024));

        for (var version = 2; version <= 8; version++)
        {
            subscription.Hear(_channel.Commit(value));
            Assert.Equal([$"{version}"], await quick.Next(1));
        }

        var told = await slow.Rest();
        Assert.Equal("gap slow", told[^1]);
        Assert.InRange(told.Length, 6, 7);   // Five fit, and one may be on its way.
    }

    [Fact]
    public async Task Live_Who_was_ended_as_slow_resumes_where_it_was()
    {
        var (slow, subscription) = await Joined();
        for (var i = 0; i < FeedListener.ItemsMax + 9; i++) subscription.Hear(_channel.Commit());
        var told = await slow.Rest();
        var last = long.Parse(told[^2], CultureInfo.InvariantCulture);   // What it has: the gap behind it names what it has not.

        await using var back = Start(new(new(last), null));

        Assert.Equal(Enumerable.Range((int)last + 1, (int)(FeedListener.ItemsMax + 10 - last)).Select(version => $"{version}"), await back.Next((int)(FeedListener.ItemsMax + 10 - last)));
    }

    [Fact]
    public async Task C19_A_lost_last_announcement_is_found_when_the_head_is_announced_again()
    {
        var (listener, subscription) = await Joined();
        _channel.Commit(2);   // Nobody hears of them.

        subscription.Hear(new(new(3), new(3), 1));

        Assert.Equal(["2", "3"], await listener.Next(2));
    }

    [Fact]
    public async Task A_feed_closes_some_time_after_its_last_listener_and_opens_again()
    {
        var (listener, first) = await Joined();
        await listener.DisposeAsync();
        Assert.False(first.Ended.IsCompleted);

        _time.Advance(_times.Linger);
        await first.Ended;

        await using var next = Start(new(new(1), null));
        (await _channel.Subscribed()).Hear(_channel.Commit());
        Assert.Equal(["2"], await next.Next(1));
    }

    [Fact]
    public async Task C19_A_feed_compares_its_head_every_30_seconds_and_polls_nothing()
    {
        var (compared, polled) = (0L, 0L);
        using var meter = new MeterListener();
        meter.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Rosud") listener.EnableMeasurementEvents(instrument);
        };
        meter.SetMeasurementEventCallback<long>((instrument, count, _, _) =>
        {
            if (instrument.Name == "anti_entropy_reads_total") Interlocked.Add(ref compared, count);
            if (instrument.Name == "polls_total") Interlocked.Add(ref polled, count);
        });
        meter.Start();
        var (listener, _) = await Joined();
        _channel.Commit(2);

        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(["2", "3"], await listener.Next(2));
        Assert.True(Interlocked.Read(ref compared) >= 1);
        Assert.Equal(0, Interlocked.Read(ref polled));
    }

    [Fact]
    public async Task C19_A_head_that_moved_unheard_makes_the_feed_subscribe_again()
    {
        var (listener, first) = await Joined();
        _time.Advance(TimeSpan.FromSeconds(30));
        while (await _channel.Read() != 1)
        {
        }

        _channel.Commit();

        _time.Advance(TimeSpan.FromSeconds(30));

        await first.Ended;
        var second = await _channel.Subscribed();
        Assert.Equal(["2", "gap notices"], await listener.Next(2));
        second.Hear(_channel.Commit());
        Assert.Equal(["3"], await listener.Next(1));
    }

    [Theory, InlineData(0), InlineData(2)]
    public async Task A_lost_subscription_is_made_again_after_pauses_and_its_hole_is_read(int failures)
    {
        var (listener, first) = await Joined();
        _channel.Commit(2);
        _channel.FailNext(failures);

        first.Lose();

        foreach (var pause in new[] { _times.RetryMin, 2 * _times.RetryMin }.Take(failures))
        {
            await _time.Waited(pause);
            _time.Advance(pause);
        }

        Assert.Equal(["gap notices", "2", "3"], await listener.Next(3));
    }

    [Fact]
    public async Task C18_A_deleted_channel_ends_its_listeners_with_a_gap()
    {
        var (listener, subscription) = await Joined();

        subscription.Hear(_channel.Commit() with { Deleted = true });

        Assert.Equal(["2", "gap deleted"], await listener.Rest());
        await subscription.Ended;
    }

    [Fact]
    public async Task A_channel_that_is_gone_is_a_gap_at_once()
    {
        _channel.Deleted = true;
        await using var listener = Start(new(new(4), null));
        Assert.Equal(["gap deleted"], await listener.Rest());
    }

    [Fact]
    public async Task A_version_that_the_channel_never_had_is_a_gap_to_its_head()
    {
        _channel.Commit(2);
        await using var listener = Start(new(new(40), null));
        Assert.Equal(["gap compacted"], await listener.Next(1));
        (await _channel.Subscribed()).Hear(_channel.Commit());
        Assert.Equal(["3"], await listener.Next(1));
    }

    [Fact]
    public async Task Disposing_ends_listeners_and_subscriptions()
    {
        var (listener, subscription) = await Joined();

        await _feeds.DisposeAsync();

        Assert.Empty(await listener.Rest());
        Assert.True(subscription.Ended.IsCompleted);
        Assert.Empty(await Start(null).Rest());
    }

    private Listening Start(FeedPosition? after) => new(stop => _feeds.Follow(Id, after, stop));

    // A listener that was told version 1 over the subscription, so it is surely there.
    private async Task<(Listening Listener, ScriptedChannel.Subscription Subscription)> Joined()
    {
        var listener = Start(new(new(0), null));
        var subscription = await _channel.Subscribed();
        subscription.Hear(_channel.Commit());
        Assert.Equal(["1"], await listener.Next(1));
        return (listener, subscription);
    }

    /// <summary>Begins to listen at once and takes items only when the test wants them.</summary>
    private sealed class Listening : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly IAsyncEnumerator<FeedItem> _items;
        private Task<bool> _next;

        public Listening(Func<CancellationToken, IAsyncEnumerable<FeedItem>> follow)
        {
            _items = follow(_stop.Token).GetAsyncEnumerator();
            _next = _items.MoveNextAsync().AsTask();
        }

        public async Task<string[]> Next(int count)
        {
            var told = new List<string>();
            while (told.Count < count && await Take() is { } item) told.Add(item);
            return [.. told];
        }

        public Task<string[]> Rest() => Next(int.MaxValue);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _items.DisposeAsync();
            _stop.Dispose();
        }

        private async Task<string?> Take()
        {
            if (!await _next) return null;
            var item = FeedLogTests.Name(_items.Current);
            _next = _items.MoveNextAsync().AsTask();
            return item;
        }
    }
}
