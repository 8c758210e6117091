using System.Collections.Concurrent;

namespace Rosud.Runs;

/// <summary>Tells grains of this silo when a silo has died. A supervisor that a run sent work to may be gone (PROTOCOL-runs §6), and calls that wait must not hold up an activation that the runtime ends.</summary>
internal sealed class SiloDeaths(ISiloStatusOracle membership) : ILifecycleParticipant<ISiloLifecycle>, ISiloStatusListener
{
    private readonly ConcurrentDictionary<object, (TaskScheduler Scheduler, Action Died)> _watching = new();

    /// <summary>Calls <paramref name="died"/> on the caller's scheduler whenever a silo has died, until <see cref="Forget"/>.</summary>
    public void Watch(object grain, Action died) => _watching[grain] = (TaskScheduler.Current, died);

    public void Forget(object grain) => _watching.TryRemove(grain, out _);

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
        foreach (var (scheduler, died) in _watching.Values) Task.Factory.StartNew(died, CancellationToken.None, TaskCreationOptions.None, scheduler).Ignore();
    }
}
