using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>
/// What a channel does for its open runs by the clock: ends them at their deadline though no driver is alive, wakes silent
/// drivers, and keeps one reminder while any run is open. Runs on its grain's scheduler.
/// </summary>
internal sealed class OpenRuns(ChannelGrain grain, CommitLoop loop, DriverWatch drivers, TimeProvider clock)
{
    /// <summary>The reminder that the sweeper looks for.</summary>
    public const string Reminder = "open-runs";

    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ReminderStays = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WakePeriod = TimeSpan.FromSeconds(10);

    private readonly PriorityQueue<string, DateTimeOffset> _deadlines = new();
    private IGrainTimer? _deadlineTimer;
    private IGrainTimer? _wakeTimer;
    private DateTimeOffset _armedFor = DateTimeOffset.MaxValue;
    private bool _reminded;
    private DateTimeOffset _lastOpen;

    // What a deleted channel held is not all out of storage yet.
    private bool IsEmptying => ChannelRules.IsEmptying(loop.Durable);

    /// <summary>Completes when the reminder of open runs is durable: what a run that outlives its caller waits for.</summary>
    public Task Secured { get; private set; } = Task.CompletedTask;

    /// <summary>After activation: takes up the open runs that storage knows.</summary>
    public void Look(RunTable runs)
    {
        foreach (var run in runs.Open) Watch(run);
        if (runs.Live.Count > 0 || IsEmptying) Remind();
    }

    /// <summary>The channel is deleted: somebody has to go on with taking what it held out of storage, whatever happens to this activation.</summary>
    public async Task Emptying()
    {
        if (!IsEmptying) return;
        if (!_reminded) Remind();
        Tick();
        await Secured.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);   // Tried again with the timer: the channel is deleted all the same.
    }

    /// <summary>After each record: takes up new runs, lets go of ended ones.</summary>
    public void Landed(RunTable before, RunTable after)
    {
        if (ReferenceEquals(before, after) || ReferenceEquals(before.Live, after.Live)) return;
        foreach (var (name, run) in after.Live)
        {
            var was = before.Live.GetValueOrDefault(name);
            if (was is null && run.End is null) Watch(run);
            else if (was is { End: null } && run.End is not null) drivers.TellEnded(run);
        }

        foreach (var (name, run) in before.Live)
        {
            if (!after.Live.ContainsKey(name)) drivers.Forget(run.Accepted.Run);
        }

        if (after.Live.Count > 0 && !_reminded) Remind();
    }

    private void Watch(RunRecord run)
    {
        grain.KeepAlive(run.Accepted.Deadline - clock.GetUtcNow() + TimeSpan.FromMinutes(1));
        _lastOpen = clock.GetUtcNow();
        _deadlines.Enqueue(run.Accepted.Run.Name, run.Accepted.Deadline);
        Arm();
        Tick();
    }

    /// <summary>The reminder ticked, so it is there: it is kept while runs are open and taken away after them.</summary>
    public void Reminded()
    {
        _reminded = true;
        Tick();
    }

    private void Tick() =>
        _wakeTimer ??= grain.RegisterGrainTimer(_ => WakeSilent(), new() { DueTime = WakePeriod, Period = WakePeriod, Interleave = true });

    private void Remind()
    {
        _reminded = true;
        Secured = Written(Secured);
    }

    // One change of the reminder after another, so that none undoes a later one.
    private async Task Written(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        try
        {
            await grain.RegisterOrUpdateReminder(Reminder, ReminderPeriod, ReminderPeriod);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            _reminded = false;   // Tried again with the timer.
            grain.Warn(fault, "The reminder of open runs could not be written.");
            throw new UnknownOutcomeException("The run is accepted, but what wakes it after a crash is not written yet. Repeat it with the same id.");
        }
    }

    private async Task Removed(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (loop.Durable.Runs.Live.Count > 0 || IsEmptying) return;   // A run was accepted meanwhile.
        if (await grain.GetReminder(Reminder) is { } reminder) await grain.UnregisterReminder(reminder);
        _reminded = false;
        if (loop.Durable.Runs.Live.Count > 0 || IsEmptying)
        {
            await Written(Task.CompletedTask);   // A run was accepted, or the channel deleted, while the reminder went.
            _reminded = true;
            return;
        }

        _wakeTimer?.Dispose();
        _wakeTimer = null;
    }

    private Task WakeSilent()
    {
        var live = loop.Durable.Runs.Live;
        if (live.Count > 0 || IsEmptying)
        {
            _lastOpen = clock.GetUtcNow();
            if (!_reminded) Remind();
            return drivers.WakeSilent(live.Values, DriverWatch.Silence);
        }

        if (_reminded && clock.GetUtcNow() - _lastOpen >= ReminderStays) Secured = Removed(Secured);
        return Task.CompletedTask;
    }

    // A run may be ended earlier; then its deadline finds nothing to do.
    private void Arm()
    {
        if (!_deadlines.TryPeek(out _, out var earliest) || earliest >= _armedFor) return;
        _armedFor = earliest;
        _deadlineTimer?.Dispose();
        var due = earliest - clock.GetUtcNow();
        _deadlineTimer = grain.RegisterGrainTimer(_ => Expire(), new()
        {
            DueTime = due > TimeSpan.Zero ? due : TimeSpan.Zero,
            Period = Timeout.InfiniteTimeSpan,
            Interleave = true,
        });
    }

    private async Task Expire()
    {
        _armedFor = DateTimeOffset.MaxValue;
        var due = new List<string>();
        while (_deadlines.TryPeek(out var run, out var deadline) && deadline <= clock.GetUtcNow())
        {
            _deadlines.Dequeue();
            due.Add(run);
        }

        Arm();
        await Task.WhenAll(due.Select(Expire));
    }

    private async Task Expire(string name)
    {
        try
        {
            await loop.Decide(draft =>
            {
                if (draft.State.Runs.Live.GetValueOrDefault(name) is { End: null } run)
                {
                    RunRules.EndNow(draft, run, RunStatus.DeadlineExceeded, "The deadline passed.", []);
                }

                return true;
            });
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            grain.Warn(fault, "A run could not be ended at its deadline; it is tried again.");
            _deadlines.Enqueue(name, clock.GetUtcNow() + RetryAfter);
            Arm();
        }
    }
}
