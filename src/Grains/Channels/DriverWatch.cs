using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Rosud.Context;
using Rosud.Runs;

namespace Rosud.Channels;

/// <summary>Keeps a driver at every open run of one channel: starts it, wakes it when it is silent, and tells it what it reads. Runs on its grain's scheduler.</summary>
internal sealed class DriverWatch(GrainsOf<IRunDriver> drivers, TimeProvider clock, ILogger logger) : IDisposable
{
    /// <summary>A driver that has not been heard of for so long is woken.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    // One that has only to archive its run, and was told so with an answer that may be lost with it.
    private static readonly TimeSpan SilenceAfterEnd = TimeSpan.FromSeconds(5);

    private const int WakingMax = 64;

    private readonly Dictionary<string, DateTimeOffset> _heard = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ContextVersion> _told = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Epoch, int Calls)> _asked = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _waking = new(WakingMax);

    /// <summary>A driver spoke.</summary>
    public void Heard(RunId run) => _heard[run.Name] = clock.GetUtcNow();

    /// <summary>A driver was given what its run reads, as of <paramref name="version"/>: notices go on from there, or from a later one that it was sent since.</summary>
    public void Told(RunId run, ContextVersion version)
    {
        if (!_told.TryGetValue(run.Name, out var told) || told < version) _told[run.Name] = version;
    }

    public void Forget(RunId run)
    {
        _heard.Remove(run.Name);
        _told.Remove(run.Name);
    }

    /// <summary>Hands a newly accepted run to its driver. When that fails the run is woken later like any other.</summary>
    public async Task Start(AcceptedRun accepted, ContextView view, IRunObserver? observer)
    {
        Heard(accepted.Run);
        Told(accepted.Run, view.Version);
        try
        {
            await drivers[accepted.Run.Key]
                .Start(accepted, view, accepted.Deadline - clock.GetUtcNow(), observer)
                .WaitAsync(RunCalls.Timeout, clock);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            logger.LogWarning(fault, "The driver of run {Run} did not start; it will be woken.", accepted.Run.Name);
            _heard[accepted.Run.Name] = DateTimeOffset.MinValue;
        }
    }

    /// <summary>Wakes the drivers that have been silent for <paramref name="silence"/>.</summary>
    public Task WakeSilent(IEnumerable<RunRecord> runs, TimeSpan silence)
    {
        var now = clock.GetUtcNow();
        var silent = runs.Where(run => now - _heard.GetValueOrDefault(run.Accepted.Run.Name) >= (run.End is null || silence < SilenceAfterEnd ? silence : SilenceAfterEnd)).Select(run => run.Accepted.Run).ToList();
        return Task.WhenAll(silent.Select(Wake));
    }

    /// <summary>Tells the drivers of open runs what changed of their reads, and when it stands: a commit that rests on what another run has published waits for that.</summary>
    /// <param name="accepted">Entries that were provisional, and are accepted at the version that they had.</param>
    public void Tell(IReadOnlyCollection<RunRecord> open, IReadOnlyList<Change> changes, IReadOnlyList<ContextEntry> accepted)
    {
        TellChanges(open, changes);
        if (accepted.Count == 0) return;
        foreach (var run in open)
        {
            if (!accepted.Any(entry => entry.Origin.Run != run.Accepted.Run.Name && run.Accepted.Interest.Any(pattern => pattern.Matches(entry.Key)))) continue;
            var told = _told.GetValueOrDefault(run.Accepted.Run.Name);
            drivers[run.Accepted.Run.Key].Changed(told, told, []).Ignore();
        }
    }

    private void TellChanges(IReadOnlyCollection<RunRecord> open, IReadOnlyList<Change> changes)
    {
        if (changes.Count == 0) return;
        foreach (var run in open)
        {
            var interest = run.Accepted.Interest;
            var relevant = changes
                .Where(change => change.Origin.Run != run.Accepted.Run.Name && change.Writes.Any(write => interest.Any(pattern => pattern.Matches(write.Key))))
                .ToImmutableArray();
            if (relevant.IsEmpty) continue;
            var from = _told.TryGetValue(run.Accepted.Run.Name, out var told) ? told : new(changes[0].Version.Number - 1);
            Told(run.Accepted.Run, changes[^1].Version);
            drivers[run.Accepted.Run.Key].Changed(from, changes[^1].Version, relevant).Ignore();
        }
    }

    public void Dispose() => _waking.Dispose();

    /// <summary>A driver has asked for something whose answer says whether its run has ended. Dispose it with the answer.</summary>
    public IDisposable Asked(RunId run, int epoch)
    {
        var calls = _asked.TryGetValue(run.Name, out var known) && known.Epoch == epoch ? known.Calls : 0;
        if (known.Epoch <= epoch) _asked[run.Name] = (epoch, calls + 1);
        return new Asking(this, run.Name, epoch);
    }

    /// <summary>Tells a run's driver that it has ended, unless the answer to what the driver has asked says so.</summary>
    /// <param name="isAnswered">The answer did not say it.</param>
    public void TellEnded(RunRecord run, bool isAnswered = false)
    {
        if (!isAnswered && _asked.TryGetValue(run.Accepted.Run.Name, out var asked) && asked.Epoch == run.Epoch) return;
        drivers[run.Accepted.Run.Key].Ended(run.End!).Ignore();
    }

    private async Task Wake(RunId run)
    {
        await _waking.WaitAsync();
        try
        {
            Heard(run);
            await drivers[run.Key].Resume().WaitAsync(RunCalls.Timeout, clock);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            logger.LogWarning(fault, "The driver of run {Run} could not be woken; it will be tried again.", run.Name);
        }
        finally
        {
            _waking.Release();
        }
    }

    private void Answered(string run, int epoch)
    {
        if (!_asked.TryGetValue(run, out var asked) || asked.Epoch != epoch) return;
        if (asked.Calls == 1) _asked.Remove(run);
        else _asked[run] = (epoch, asked.Calls - 1);
    }

    private sealed class Asking(DriverWatch watch, string run, int epoch) : IDisposable
    {
        public void Dispose() => watch.Answered(run, epoch);
    }
}
