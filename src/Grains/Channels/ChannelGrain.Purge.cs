using Rosud.Runs;

namespace Rosud.Channels;

// What a deleted channel held is taken out of storage: its context, its history, its runs and their archives. SEMANTICS C18.
internal sealed partial class ChannelGrain
{
    private const int ForgottenAtOnce = 64;
    private static readonly TimeSpan PurgeAgainAfter = TimeSpan.FromSeconds(1);
    private Task _purging = Task.CompletedTask;

    // A channel made again does not have the runs of the one before, which are older by more than clocks differ.
    public Task<bool> Keeps(RunId run, DateTimeOffset acceptedAt) =>
        Task.FromResult(Durable.Record is { DeletedAt: null } record && acceptedAt > record.CreatedAt - (ChannelRules.NameRests / 2));

    // One at a time. What a crash leaves over is taken up by the next activation, which the reminder wakes.
    private Task Purge() => _purging.IsCompleted ? _purging = Emptied() : _purging;

    private async Task Emptied()
    {
        try
        {
            while (await Decide(ChannelRules.Purge)) { }
            while (ChannelRules.IsEmptying(Durable) && Durable.Runs.Stubs.Values.Take(ForgottenAtOnce).ToList() is { Count: > 0 } archived)
            {
                await Task.WhenAll(archived.Select(stub => drivers[stub.Run.Key].Forget(stub.End)));
                await Decide(draft => ChannelRules.Forget(draft, archived));
            }

            if (!ChannelRules.IsEmptying(Durable)) return;   // Tried again too late: the channel was made anew.
            await _journal.Erase();
            await Decide(ChannelRules.Erased);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            Warn(fault, "What the deleted channel held is not all out of storage yet; it is tried again.");
            this.RegisterGrainTimer(_ => Purge(), new() { DueTime = PurgeAgainAfter, Period = Timeout.InfiniteTimeSpan, Interleave = true });
            throw;
        }
    }
}
