namespace Rosud.Cluster;

/// <summary>A place in an agent where the test decides when it goes on.</summary>
public sealed class AgentGate
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _entries;

    /// <summary>Completes when somebody is at the gate.</summary>
    public Task Entered => _entered.Task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Completes when somebody at the gate was told to stop.</summary>
    public Task Stopped => _stopped.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public int Entries => _entries;

    public void Open() => _open.TrySetResult();

    public void Enter()
    {
        Interlocked.Increment(ref _entries);
        _entered.TrySetResult();
    }

    /// <summary>Waits until the gate is open, or throws when told to stop.</summary>
    public async Task Hold(CancellationToken stopped)
    {
        Enter();
        try
        {
            await _open.Task.WaitAsync(stopped);
        }
        catch (OperationCanceledException)
        {
            _stopped.TrySetResult();
            throw;
        }
    }
}
