using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>One channel's feed in this host: one subscription, any number of listeners. <see cref="FeedLog"/> decides; this does it.</summary>
internal sealed class ChannelFeed : IAsyncDisposable
{
    private const int PageMax = 500;

    private readonly Lock _gate = new();
    private readonly FeedLog _log = new();
    private readonly HashSet<FeedListener> _listeners = [];
    private readonly ChannelId _channel;
    private readonly IChannelSource _source;
    private readonly FeedTimes _times;
    private readonly TimeProvider _clock;
    private readonly ILogger _trouble;
    private readonly Action<ChannelFeed> _over;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ITimer _compare;
    private readonly ITimer _linger;
    private readonly Task _work;
    private IAsyncDisposable? _subscription;
    private int _subscriptions;
    private int _inside;
    private bool _closed;
    private bool _lost = true;
    private bool _readDue;
    private bool _compareDue;
    private bool _heard;

    public ChannelFeed(ChannelId channel, IChannelSource source, FeedTimes times, TimeProvider clock, ILogger trouble, Action<ChannelFeed> over)
    {
        (_channel, _source, _times, _clock, _trouble, _over) = (channel, source, times, clock, trouble, over);
        FeedMeter.Opened();

        // The feed outlives the request that opened it and must not carry that request's context.
        using (ExecutionContext.SuppressFlow())
        {
            _compare = clock.CreateTimer(_ => CompareSoon(), null, times.Compare, times.Compare);
            _linger = clock.CreateTimer(_ => CloseUnused(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _work = Task.Run(Work);
        }
    }

    public ChannelId Id => _channel;

    /// <summary>Completes when the channel's head is known.</summary>
    public Task Started => _started.Task;

    /// <summary>Keeps the feed open until <see cref="Leave"/>; false when it is closed already.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (_closed) return false;
            _inside++;
            return true;
        }
    }

    /// <summary>Adds a listener as <see cref="FeedLog.Join"/> says.</summary>
    /// <param name="version">Its last commit, or null.</param>
    /// <param name="resumed">The position it came with, or null.</param>
    /// <param name="confirmed">Whether the channel itself said that it has <paramref name="version"/>.</param>
    /// <param name="first">What it is told first.</param>
    public FeedListener? Join(ContextVersion? version, FeedPosition? resumed, bool confirmed, out ImmutableArray<FeedItem> first)
    {
        lock (_gate)
        {
            first = [];
            if (!_closed && version > _log.Head && !confirmed) return null;
            if (_log.Join(version, resumed, out first) is not { } cursor) return null;
            var listener = new FeedListener(cursor);
            if (_log.IsDeleted) listener.Offer(new FeedItem.Gap(_log.Head, _log.Known, FeedReasons.Deleted), _log.Known);
            else if (_closed) listener.End();
            else _listeners.Add(listener);
            if (version is { } seen) _log.Learn(seen);
            if (_log.IsBehind) Wake();
            return listener;
        }
    }

    /// <summary>Ends what <see cref="TryEnter"/> and <see cref="Join"/> began.</summary>
    public void Leave(FeedListener? listener)
    {
        lock (_gate)
        {
            if (listener is not null) _listeners.Remove(listener);
            if (--_inside == 0 && !_closed) _linger.Change(_times.Linger, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Subscribes again and reads what it may have missed.</summary>
    public void Doubt()
    {
        lock (_gate)
        {
            if (_closed) return;
            _lost = true;
        }

        Wake();
    }

    public async ValueTask DisposeAsync()
    {
        Close();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Close()
    {
        lock (_gate)
        {
            if (_closed) return;
            _closed = true;
            foreach (var listener in _listeners) listener.End();
            _listeners.Clear();
        }

        _over(this);
        _compare.Dispose();
        _linger.Dispose();
        _ = _stop.CancelAsync();   // Not inline: this may hold the gate.
    }

    private void CloseUnused()
    {
        lock (_gate)
        {
            if (_inside > 0) return;
            Close();
        }
    }

    private void CompareSoon()
    {
        lock (_gate)
        {
            if (_inside == 0 || !_log.IsStarted) return;
            _compareDue = true;
        }

        Wake();
    }

    private void Wake() => _wake.Writer.TryWrite(true);

    private async Task Work()
    {
        var failures = 0;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                failures = await Step() ? 0 : failures + 1;
                if (failures > 0) await Task.Delay(_times.RetryAfter(failures), _clock, _stop.Token);
                else if (IsIdle()) await _wake.Reader.ReadAsync(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                break;
            }
        }

        _started.TrySetResult();
        await Unsubscribe();
    }

    private bool IsIdle()
    {
        lock (_gate) return !_lost && !_readDue && !_compareDue && !_log.IsBehind;
    }

    // One call of the cluster at a time. False means: try again after a pause.
    private async Task<bool> Step()
    {
        try
        {
            if (_lost) await Subscribe();
            if (!_log.IsStarted) return await Start();
            return IsIdle() || await Read();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException && !_stop.IsCancellationRequested)
        {
            _trouble.LogInformation(failure, "The feed of channel {Channel} could not be read or subscribed to and tries again.", _channel);
            lock (_gate) _readDue = _log.IsStarted;
            return false;
        }
    }

    private async Task Subscribe()
    {
        await Unsubscribe();
        lock (_gate) _lost = false;
        var number = ++_subscriptions;
        try
        {
            _subscription = await _source.Subscribe(_channel, Hear, failure => Lose(number, failure));
            ListenerMeter.Subscribed();
        }
        catch
        {
            lock (_gate) _lost = true;
            throw;
        }

        lock (_gate)
        {
            if (number > 1) Tell(_log.MissNotices());
            _readDue = _log.IsStarted;
        }
    }

    private async Task<bool> Start()
    {
        var outcome = await _source.Changes(_channel, ContextVersion.None, 1).WaitAsync(_stop.Token);
        lock (_gate)
        {
            if (outcome is ChangesOutcome.Found { Page.Head: var head }) Tell(_log.Start(head));
            else if (!IsGone(outcome)) return false;
        }

        _started.TrySetResult();
        return true;
    }

    private async Task<bool> Read()
    {
        ContextVersion after;
        bool comparing;
        lock (_gate) (after, comparing, _compareDue, _readDue) = (_log.Head, _compareDue, false, false);
        if (comparing) FeedMeter.Compared();
        var outcome = await _source.Changes(_channel, after, PageMax).WaitAsync(_stop.Token);
        lock (_gate)
        {
            if (outcome is not ChangesOutcome.Found { Page: var page }) return IsGone(outcome);
            Tell(_log.Read(after, page));

            // Commits that nobody announced between two comparisons: the subscription may be gone without a word.
            _lost |= comparing && !_heard && page.Head > after;
            if (comparing) _heard = false;
            return !_log.IsBehind || _log.Head > after;
        }
    }

    private bool IsGone(ChangesOutcome outcome)
    {
        if (outcome is not ChangesOutcome.Refused { Problem.Kind: ProblemKind.NotFound }) return false;
        Tell(_log.Delete());
        return true;
    }

    private void Hear(ChannelUpdate update)
    {
        lock (_gate)
        {
            if (_closed) return;
            _heard = true;
            Tell(_log.Hear(update));
            if (_log.IsBehind) Wake();
        }
    }

    private void Lose(int subscription, Exception failure)
    {
        lock (_gate)
        {
            if (_closed || subscription != _subscriptions) return;
            _lost = true;
        }

        _trouble.LogInformation(failure, "The feed of channel {Channel} lost its subscription and subscribes again.", _channel);
        Wake();
    }

    private void Tell(ImmutableArray<FeedItem> items)
    {
        foreach (var item in items) _listeners.RemoveWhere(listener => !listener.Offer(item, _log.Known));
        if (_log.IsDeleted) Close();
    }

    private async Task Unsubscribe()
    {
        if (Interlocked.Exchange(ref _subscription, null) is not { } subscription) return;
        ListenerMeter.Unsubscribed();
        try
        {
            await subscription.DisposeAsync();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The cluster forgets a subscriber that no longer answers.
            _trouble.LogDebug(failure, "The feed of channel {Channel} could not unsubscribe.", _channel);
        }
    }
}
