namespace Rosud.Hosting;

/// <summary>A process that is started again when it has ended, as a service manager does, always with the same arguments.</summary>
internal sealed class GuardedProcess : IAsyncDisposable
{
    /// <summary>What systemd waits when nothing else is said.</summary>
    private static readonly TimeSpan RestartAfter = TimeSpan.FromMilliseconds(100);

    private readonly Func<Task<Child>> _start;
    private readonly CancellationTokenSource _over = new();
    private Child _child;
    private Task _guarding = Task.CompletedTask;

    private GuardedProcess(Func<Task<Child>> start, Child child) => (_start, _child) = (start, child);

    /// <summary>How often it was started again.</summary>
    public int Restarts { get; private set; }

    public static async Task<GuardedProcess> Start(Func<Task<Child>> start)
    {
        var guarded = new GuardedProcess(start, await start());
        guarded._guarding = Task.Run(guarded.Guard);
        return guarded;
    }

    public Task Kill() => _child.Kill();

    /// <summary>It stands still for a while and knows nothing of it.</summary>
    public async Task Freeze(TimeSpan span)
    {
        var frozen = _child;
        await frozen.Pause();
        await Task.Delay(span, TimeProvider.System);
        await frozen.Resume();
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _guarding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _child.DisposeAsync();
        _over.Dispose();
    }

    private async Task Guard()
    {
        while (true)
        {
            await _child.Ended(_over.Token);
            await Task.Delay(RestartAfter, TimeProvider.System, _over.Token);
            try
            {
                var next = await _start();
                await _child.DisposeAsync();
                _child = next;
                Restarts++;
            }
            catch (InvalidOperationException)
            {
                // It did not start; it is tried again.
            }
        }
    }
}
