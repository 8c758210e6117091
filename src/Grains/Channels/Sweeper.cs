using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rosud.Channels;

/// <summary>Wakes the grains whose work may have died with a silo: at this silo's start and whenever another one dies.</summary>
/// <remarks>
/// Each silo reads its share of the reminder table, whichever store that is in. Two silos that disagree for a moment about who is
/// alive wake a grain twice, or leave it to its reminder's own tick.
/// </remarks>
internal sealed class Sweeper(ISiloStatusOracle membership, IGrainFactory grains, ILogger<Sweeper> log, IReminderTable? reminders = null)
    : ILifecycleParticipant<ISiloLifecycle>, ISiloStatusListener, IDisposable
{
    private const int AtOnce = 64;

    private readonly SemaphoreSlim _asked = new(0, 1);
    private readonly CancellationTokenSource _stopped = new();
    private Task _sweeping = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle)
    {
        if (reminders is not null) lifecycle.Subscribe(nameof(Sweeper), ServiceLifecycleStage.Active, Start, Stop);
    }

    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (status == SiloStatus.Dead) Ask();
    }

    public void Dispose()
    {
        _stopped.Dispose();
        _asked.Dispose();
    }

    private Task Start(CancellationToken cancellationToken)
    {
        membership.SubscribeToSiloStatusEvents(this);
        Ask();
        _sweeping = Task.Run(SweepWhenAsked, CancellationToken.None);
        return Task.CompletedTask;
    }

    private async Task Stop(CancellationToken cancellationToken)
    {
        membership.UnSubscribeFromSiloStatusEvents(this);
        await _stopped.CancelAsync();
        await _sweeping.WaitAsync(cancellationToken);
    }

    // Deaths that come while a sweep runs need one more sweep, however many they are.
    private void Ask()
    {
        lock (_asked)
        {
            if (_asked.CurrentCount == 0) _asked.Release();
        }
    }

    private async Task SweepWhenAsked()
    {
        try
        {
            while (true)
            {
                await _asked.WaitAsync(_stopped.Token);
                await Sweep();
            }
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
        }
    }

    private async Task Sweep()
    {
        var range = SweepRange.Of(membership.SiloAddress, membership.GetActiveSilos());
        try
        {
            var rows = await reminders!.ReadRows(range.Begin, range.End);
            var sleepers = rows.Reminders.Where(row => row.ReminderName == IWakeable.Reminder).Select(row => row.GrainId);
            var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = _stopped.Token };
            await Parallel.ForEachAsync(sleepers, options, async (grain, _) => await Wake(grain));
        }
        catch (Exception failure) when (!_stopped.IsCancellationRequested && failure is not OutOfMemoryException)
        {
            log.LogWarning(failure, "Grains with open runs could not be looked up; their reminders will wake them.");
        }
    }

    private async Task Wake(GrainId grain)
    {
        try
        {
            await grains.GetGrain<IWakeable>(grain).Wake();
        }
        catch (Exception failure) when (!_stopped.IsCancellationRequested && failure is not OutOfMemoryException)
        {
            log.LogWarning(failure, "{Grain} could not be woken; its reminder will do it.", grain);
        }
    }
}

/// <summary>Puts the sweeper into a silo.</summary>
internal static class SweeperRegistration
{
    public static IServiceCollection AddChannelSweeper(this IServiceCollection services) =>
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, Sweeper>();
}
