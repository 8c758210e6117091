using Rosud.Networks;

namespace Rosud.Runs;

// After the end: those who wait are told at once; archive and report follow, off the path.
internal sealed partial class RunGrain
{
    private static readonly TimeSpan ObserverLife = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan StaysAfterEnd = TimeSpan.FromSeconds(15);   // Longer than a lost answer is asked for again, and its caller may want more.
    private const int TriesMax = 20;
    private readonly Dictionary<IRunObserver, DateTimeOffset> _observers = [];

    private void Observe(IRunObserver observer)
    {
        foreach (var gone in _observers.Where(known => known.Value <= Now).Select(known => known.Key).ToList()) _observers.Remove(gone);
        _observers[observer] = Now + ObserverLife;
    }

    private void Finish(RunDrive drive)
    {
        var result = RunNumbers.Of(drive, Now);
        foreach (var (observer, until) in _observers)
        {
            if (until > Now) observer.Ended(result).Ignore();
        }

        _observers.Clear();
        Quiet();
        RunTelemetry.Ended(result, drive.Detections);
        _finished.TrySetResult();
        Archived(result).Ignore();
        Repeat(() => networks[new NetworkId(Id.Tenant, result.Network).Key].Report(result)).Ignore();
    }

    private async Task Archived(RunResult result)
    {
        try
        {
            await Archive(result);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            LogCallFailed(Id.Name, fault);
            DeactivateOnIdle();   // The channel wakes the run again until it is archived.
        }
    }

    private async Task Archive(RunResult result)
    {
        await Repeat(async () =>
        {
            var archive = journals.OpenValue<ArchivedRun>(this.GetGrainId());
            await archive.Activate(CancellationToken.None);
            await archive.Write(new(result));
        });
        await Repeat(() => Log.Archived(Id));
        DelayDeactivation(TimeSpan.Zero);
        if (result.Attempts.All(attempt => attempt.Outcome == AttemptOutcome.Accepted)) Leave();
    }

    // Nothing can come late to a run whose every attempt was accepted, and it can be read back: a silo that ends many
    // runs does not hold them all until they are idle for long.
    private void Leave() => this.RegisterGrainTimer(
        _ =>
        {
            DeactivateOnIdle();
            return Task.CompletedTask;
        },
        new() { DueTime = StaysAfterEnd, Period = Timeout.InfiniteTimeSpan, Interleave = true });

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
}
