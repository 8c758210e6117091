using System.Collections.Concurrent;

namespace Rosud.Runs;

/// <summary>Tells the runs that are driven in this silo when a silo has died: a supervisor that they sent work to may be gone. PROTOCOL-runs §6.</summary>
internal sealed class SiloDeaths(ISiloStatusOracle membership) : ILifecycleParticipant<ISiloLifecycle>, ISiloStatusListener
{
    private readonly ConcurrentDictionary<object, (TaskScheduler Scheduler, Action Died)> _runs = new();

    /// <summary>Calls <paramref name="died"/> on the caller's scheduler whenever a silo has died, until <see cref="Forget"/>.</summary>
    public void Watch(object run, Action died) => _runs[run] = (TaskScheduler.Current, died);

    public void Forget(object run) => _runs.TryRemove(run, out _);

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(SiloDeaths),
        ServiceLifecycleStage.Active,
        _ =>
        {
            membership.SubscribeToSiloStatusEvents(this);
            return Task.CompletedTask;
        },
        _ =>
        {
            membership.UnSubscribeFromSiloStatusEvents(this);
            return Task.CompletedTask;
        });

    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (status != SiloStatus.Dead) return;
        foreach (var (scheduler, died) in _runs.Values) Task.Factory.StartNew(died, CancellationToken.None, TaskCreationOptions.None, scheduler).Ignore();
    }
}
