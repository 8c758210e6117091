using System.Collections.Immutable;
using Orleans.Streams;
using Rosud.Context;

namespace Rosud.Channels;

/// <summary>
/// Publishes what a channel commits, in order, one message at a time: what lands while one is on its way goes into the next.
/// A message that is lost costs its listeners a read, never data; after the last commit the head is announced again
/// (SEMANTICS C19). Runs on its grain's scheduler.
/// </summary>
internal sealed class Announcer(IAsyncStream<ChannelUpdate> stream, long epoch, TimeProvider clock, Action<Exception> failed) : IDisposable
{
    /// <summary>The most a message carries; listeners read a larger delta themselves.</summary>
    public const int BytesMax = 256 * 1024;

    private const long NoticesPerEpoch = 1L << 32;

    // After the last commit.
    private static readonly TimeSpan[] Again = [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(450)];

    private readonly List<Change> _changes = [];
    private readonly List<ChannelNotice> _notices = [];
    private readonly CancellationTokenSource _stopped = new();
    private ContextVersion _head;
    private long _noticeNumber = epoch * NoticesPerEpoch;
    private bool _deleted;
    private bool _isGone;   // What was said last was that the channel is deleted.
    private Task _publishing = Task.CompletedTask;
    private Task _reminding = Task.CompletedTask;
    private long _announcedAt;
    private int _again;   // How many of the times after the last commit are over.

    /// <summary>Where listeners are who have seen everything.</summary>
    public void StartAt(ContextVersion head) => _head = head;

    public void Announce(IReadOnlyList<Change> changes, IReadOnlyList<ChannelNotice> notices, bool deleted)
    {
        if (changes.Count == 0 && notices.Count == 0 && !deleted) return;
        _changes.AddRange(changes);
        foreach (var notice in notices) _notices.Add(notice with { Number = ++_noticeNumber });
        _deleted |= deleted;
        (_announcedAt, _again) = (clock.GetTimestamp(), 0);
        if (_publishing.IsCompleted) _publishing = Publish();
    }

    public void Dispose()
    {
        if (_stopped.IsCancellationRequested) return;
        _stopped.Cancel();
        _stopped.Dispose();
    }

    private async Task Publish()
    {
        while (_changes.Count > 0 || _notices.Count > 0 || _deleted)
        {
            await Send(Next());
        }

        if (_reminding.IsCompleted) _reminding = Remind();
    }

    private ChannelUpdate Next()
    {
        var from = _head;
        if (_changes.Count > 0) _head = _changes[^1].Version;
        var bytes = _changes.Sum(change => change.Writes.Sum(write => write.Key.Value.Length + (write.Value?.Length ?? 0)));
        _isGone = _deleted;
        var update = new ChannelUpdate(from, _head, epoch)
        {
            Changes = bytes <= BytesMax ? [.. _changes] : (ImmutableArray<Change>?)null,
            Notices = [.. _notices],
            Deleted = _isGone,
        };
        _changes.Clear();
        _notices.Clear();
        _deleted = false;
        return update;
    }

    // Says the head again once nothing new comes, for listeners that lost the last message. What is announced meanwhile begins the times anew.
    private async Task Remind()
    {
        while (_again < Again.Length && !_stopped.IsCancellationRequested)
        {
            var passed = clock.GetElapsedTime(_announcedAt);
            if (passed < Again[_again])
            {
                await Pause(Again[_again] - passed);
                continue;
            }

            _again = Again.Count(time => time <= passed);   // A message that took long leaves out what it was late for, but the last.
            await Send(new(_head, _head, epoch) { Deleted = _isGone });
        }
    }

    // In whole milliseconds: a timer takes no part of one.
    private async Task Pause(TimeSpan time) => await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(time.TotalMilliseconds)), clock, _stopped.Token)
        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private async Task Send(ChannelUpdate update)
    {
        try
        {
            await stream.OnNextAsync(update);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            failed(fault);   // Listeners find the hole by version and read it.
        }
    }
}
