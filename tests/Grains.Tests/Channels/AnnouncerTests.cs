using System.Reflection;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Orleans.Streams;
using Rosud.Context;

namespace Rosud.Channels;

/// <summary>SEMANTICS C19, on the channel's side.</summary>
public sealed class AnnouncerTests : IDisposable
{
    private readonly ArmedClock _clock = new();
    private readonly Sent _sent;
    private readonly Announcer _announcer;

    public AnnouncerTests()
    {
        var stream = DispatchProxy.Create<IAsyncStream<ChannelUpdate>, Sent>();
        _sent = (Sent)(object)stream;
        _announcer = new(stream, epoch: 3, _clock, _ => { });
        _announcer.StartAt(new(4));
    }

    public void Dispose() => _announcer.Dispose();

    [Fact]
    public async Task C19_After_its_last_commit_a_channel_announces_its_head_again_at_100_250_and_450_ms_and_then_is_silent()
    {
        Announce(5);
        Assert.Equal((4, 5, 1), Shape(await _sent.Next()));
        foreach (var pause in new[] { 100, 150, 200 })
        {
            await _clock.Armed(pause);
            _clock.Advance(TimeSpan.FromMilliseconds(pause - 1));
            Assert.True(_sent.IsEmpty);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal((5, 5, 0), Shape(await _sent.Next()));
        }

        _clock.Advance(TimeSpan.FromHours(1));
        Announce(6);
        Assert.Equal((5, 6, 1), Shape(await _sent.Next()));
    }

    [Fact]
    public async Task C19_A_commit_in_between_begins_the_announcements_anew()
    {
        Announce(5);
        await _sent.Next();
        await _clock.Armed(100);
        _clock.Advance(TimeSpan.FromMilliseconds(50));
        Announce(6);
        Assert.Equal((5, 6, 1), Shape(await _sent.Next()));
        _clock.Advance(TimeSpan.FromMilliseconds(50));
        foreach (var pause in new[] { 50, 150, 200 })   // 100, 250 and 450 ms after the last commit.
        {
            await _clock.Armed(pause);
            Assert.True(_sent.IsEmpty);
            _clock.Advance(TimeSpan.FromMilliseconds(pause));
            Assert.Equal((6, 6, 0), Shape(await _sent.Next()));
        }
    }

    [Fact]
    public async Task C19_A_commit_while_the_head_is_said_for_the_last_time_begins_the_announcements_anew()
    {
        Announce(5);
        await _sent.Next();
        await Repeats(5, [100, 150]);
        await _clock.Armed(200);
        var gate = _sent.Hold();
        _clock.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal((5, 5, 0), Shape(await _sent.Next()));
        Announce(6);
        Assert.Equal((5, 6, 1), Shape(await _sent.Next()));
        gate.SetResult();
        await Repeats(6, [100, 150, 200]);
    }

    [Fact]
    public async Task C19_A_deletion_is_announced_again_too()
    {
        _announcer.Announce([], [], deleted: true);
        Assert.True((await _sent.Next()).Deleted);
        foreach (var pause in new[] { 100, 150, 200 })
        {
            await _clock.Armed(pause);
            _clock.Advance(TimeSpan.FromMilliseconds(pause));
            Assert.True((await _sent.Next()).Deleted);
        }
    }

    [Fact]
    public async Task C19_A_message_that_takes_long_is_followed_by_one_announcement_not_by_all_that_it_was_late_for()
    {
        var gate = _sent.Hold();
        Announce(5);
        await _sent.Next();
        _clock.Advance(TimeSpan.FromMilliseconds(300));
        gate.SetResult();
        Assert.Equal((5, 5, 0), Shape(await _sent.Next()));
        await Repeats(5, [150]);
    }

    [Fact]
    public async Task C19_An_announcement_that_fails_costs_nothing_but_itself()
    {
        _sent.Fails = 1;
        Announce(5);
        await _sent.Next();
        await _clock.Armed(100);
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal((5, 5, 0), Shape(await _sent.Next()));   // Who missed the commit hears of a head that it has not.
    }

    [Fact]
    public async Task Live_What_lands_while_a_message_is_on_its_way_goes_whole_and_in_order_into_the_next()
    {
        var gate = _sent.Hold();
        Announce(5);
        Announce(6);
        Announce(7);
        gate.SetResult();

        Assert.Equal((4, 5, 1), Shape(await _sent.Next()));
        var next = await _sent.Next();
        Assert.Equal((5, 7, 2), Shape(next));
        Assert.Equal([6L, 7L], next.Changes!.Value.Select(change => change.Version.Number));
    }

    [Fact]
    public async Task Live_A_delta_too_large_for_a_message_is_announced_without_it()
    {
        var large = new Change(new(5), default, new("w"), [new(new("k"), JsonValue.From(new string('x', Announcer.BytesMax)))]);
        _announcer.Announce([large], [], deleted: false);

        var update = await _sent.Next();
        Assert.Equal((4, 5, true), (update.From.Number, update.To.Number, update.Changes is null));
    }

    private async Task Repeats(long head, int[] pauses)
    {
        foreach (var pause in pauses)
        {
            await _clock.Armed(pause);
            _clock.Advance(TimeSpan.FromMilliseconds(pause));
            Assert.Equal((head, head, 0), Shape(await _sent.Next()));
        }
    }

    private void Announce(long version) => _announcer.Announce([new Change(new(version), default, new("w"), [new(new("k"), JsonValue.From(version))])], [], deleted: false);

    private static (long From, long To, int Changes) Shape(ChannelUpdate update) => (update.From.Number, update.To.Number, update.Changes is { } changes ? changes.Length : 0);

    /// <summary>A stream that keeps what was sent.</summary>
    public class Sent : DispatchProxy
    {
        private readonly Channel<ChannelUpdate> _updates = Channel.CreateUnbounded<ChannelUpdate>();
        private TaskCompletionSource? _gate;

        public int Fails { get; set; }

        public bool IsEmpty => _updates.Reader.Count == 0;

        public ValueTask<ChannelUpdate> Next() => _updates.Reader.ReadAsync();

        /// <summary>The next message is on its way until this completes.</summary>
        public TaskCompletionSource Hold() => _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Assert.Equal("OnNextAsync", targetMethod!.Name);
            _updates.Writer.TryWrite((ChannelUpdate)args![0]!);
            if (Fails-- > 0) return Task.FromException(new TimeoutException("Nobody takes it."));
            return Interlocked.Exchange(ref _gate, null)?.Task ?? Task.CompletedTask;
        }
    }

    private sealed class ArmedClock : FakeTimeProvider
    {
        private readonly Channel<TimeSpan> _timers = Channel.CreateUnbounded<TimeSpan>();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _timers.Writer.TryWrite(dueTime);
            return timer;
        }

        public async Task Armed(int milliseconds) => Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), await _timers.Reader.ReadAsync());
    }
}
