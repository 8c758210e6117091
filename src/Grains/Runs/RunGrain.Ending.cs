using Microsoft.Extensions.Logging;
using Rosud.Networks;
using Rosud.Verdicts;

namespace Rosud.Runs;

// After the end: those who wait are told at once; archive and report follow, off the path.
internal sealed partial class RunGrain
{
    private static readonly TimeSpan ObserverLife = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan StaysAfterEnd = TimeSpan.FromMilliseconds(200);   // What is still on its way to it finds it.
    private static readonly TimeSpan AtDeadline = TimeSpan.FromMilliseconds(25);   // A run that is out of time does not wait for the numbers of others.
    private static readonly Task<RunResult> NothingStored = Task.FromResult<RunResult>(null!);
    private const int TriesMax = 20;
    private readonly Dictionary<IRunObserver, DateTimeOffset> _observers = [];
    private bool _storing;
    private bool _isOutdated;
    private bool _isForgotten;
    private RunResult? _announced;   // As it ended; null again once something came after that.
    private Task<RunResult> _stored = NothingStored;
    private RunState? _left;   // As it was when it was archived and let go.

    public async Task Forget(RunEnd end)
    {
        Do(drive => drive.ChannelEnded(end, Now));
        if (_drive is not null && !_isStopped) await Finished();   // Those who wait for the end hear of it first.
        if (_drive is null && _archived is null) await EnsureDriven();
        if (_drive is null && _archived is null) return;   // There is no archive.
        _isForgotten = _isOutdated = true;
        if (!_storing) _stored = Store();
        await _stored;
        DeactivateOnIdle();
    }

    private void Observe(IRunObserver observer)
    {
        foreach (var gone in _observers.Where(known => known.Value <= Now).Select(known => known.Key).ToList()) _observers.Remove(gone);
        _observers[observer] = Now + ObserverLife;
    }

    // What the runs below have used is in this run's result: they are asked when they have not said it yet. The end itself is durable: what goes
    // wrong here is told to whoever keeps the host, and neither those who wait nor the archive are left without their word.
    private async Task Finish(RunDrive drive)
    {
        var children = Task.CompletedTask;
        try
        {
            children = EndChildren(drive);
            if (!children.IsCompleted)
            {
                var wait = drive.Ended!.Status == RunStatus.DeadlineExceeded ? AtDeadline : RunCalls.Timeout;
                await children.WaitAsync(wait, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }

            Announce(drive);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            LogNotAnnounced(Id.Name, fault);
        }

        _observers.Clear();
        Quiet();
        _finished.TrySetResult();
        Archived(children).Ignore();
    }

    private void Announce(RunDrive drive)
    {
        var result = _announced = RunNumbers.Of(drive, Now);
        TellParent(drive);   // First: who hears of this end may end the parent with it.
        foreach (var (observer, until) in _observers)
        {
            if (until > Now) observer.Ended(result).Ignore();
        }

        Repeat(() => networks[new NetworkId(Id.Tenant, result.Network).Key].Report(result)).Ignore();
        Shadow(drive.Accepted, result);
        RunTelemetry.Ended(result, drive.Detections);
    }

    // Only now that the run has ended, so that its shadow costs it nothing.
    private void Shadow(AcceptedRun accepted, RunResult result)
    {
        if (accepted.Baseline is null || result.Status == RunStatus.Canceled) return;
        var half = new PairHalf(result.Status == RunStatus.Completed, result.WallMs, (double)result.CostUsd);
        Repeat(() => shadows[Shadows.Of(Id).Key].Start(accepted, half)).Ignore();
    }

    private async Task Archived(Task children)
    {
        try
        {
            await children;
            await Archive();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            LogNotArchived(Id.Name, fault);
            DeactivateOnIdle();   // The channel wakes the run again until it is archived.
        }
    }

    private async Task Archive()
    {
        var result = await (_stored = Store());
        await Repeat(() => Log.Archived(Id));
        DelayDeactivation(TimeSpan.Zero);
        Leave(result);
    }

    private RunResult ResultOf(RunDrive drive) => _announced ?? RunNumbers.Of(drive, Now);

    // What came after the end is kept best effort: the run is archived without it, and once more with it.
    private void Rearchive()
    {
        _isOutdated = true;
        _announced = null;
        if (!_storing) Kept(_stored = Store()).Ignore();
    }

    // Nobody waits for it, and whoever brought it is answered that the run has ended, which is true: so it is said here when it is lost.
    private async Task Kept(Task store)
    {
        try
        {
            await store;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            LogLateLost(Id.Name, fault);
        }
    }

    // One write after another, the last with everything.
    private async Task<RunResult> Store()
    {
        _storing = true;
        try
        {
            RunResult result;
            do
            {
                _isOutdated = false;
                var kept = _drive is { } drive ? new(ResultOf(drive)) { Prices = drive.Accepted.Prices, AttemptsUpTo = drive.AttemptsUpTo } : _archived!;
                result = kept.Result;
                await Repeat(async () =>
                {
                    var archive = journals.OpenValue<ArchivedRun>(this.GetGrainId());
                    await archive.Activate(CancellationToken.None);
                    await archive.Write(_isForgotten ? kept with { Result = RunNumbers.Bare(kept.Result) } : kept);
                });
            }
            while (_isOutdated);
            return result;
        }
        finally
        {
            _storing = false;
        }
    }

    // Whoever asks later reads it back from the archive: a silo that ends many runs, or whose runs all fail, does not hold what they did.
    // One with a parent or children stays whole for a while: what those have used is still to come.
    private void Leave(RunResult result)
    {
        var isAwaited = _settles.Count + _publishes.Count + _people.Count > 0;   // The drive has not answered them all yet.
        if (_drive is { Accepted.Parent: null } drive && !drive.Children.Any() && !isAwaited && !_storing && ReferenceEquals(_announced, result))
        {
            _left = StateOf(drive);
            (_drive, _announced, _stored) = (null, null, NothingStored);
        }

        this.RegisterGrainTimer(
            _ =>
            {
                DeactivateOnIdle();
                return Task.CompletedTask;
            },
            new() { DueTime = StaysAfterEnd, Period = Timeout.InfiniteTimeSpan, Interleave = true });
    }

    // The channel keeps the run until it is archived, so giving up loses nothing: a later call brings the run back and tries again.
    private async Task Repeat(Func<Task> act)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await act();
                return;
            }
            catch (Exception fault) when (tries < TriesMax && fault is not OutOfMemoryException)
            {
                LogCallFailed(Id.Name, fault);
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(30_000, 100 << Math.Min(tries, 9))), time);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Run {Run} has ended, but not everybody who waits for it could be told.")]
    private partial void LogNotAnnounced(string run, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run} has ended and could not be archived; it is tried again.")]
    private partial void LogNotArchived(string run, Exception fault);
}
