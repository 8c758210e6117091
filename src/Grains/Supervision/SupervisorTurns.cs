namespace Rosud.Supervision;

/// <summary>Turns of one supervisor's activation for what works beside it in the same process: they cost no call. Once the activation has ended, a call to whichever came after it.</summary>
/// <param name="activation">The activation itself.</param>
/// <param name="reference">The supervisor, wherever it is.</param>
/// <param name="scheduler">The activation's own.</param>
internal sealed class SupervisorTurns(ISupervisorGrain activation, ISupervisorGrain reference, TaskScheduler scheduler)
{
    private readonly TaskCompletionSource _idle = new();
    private int _open;

    /// <summary>The activation has ended: nothing more may begin in it.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The supervisor's reference, for calls.</summary>
    public ISupervisorGrain Reference => reference;

    /// <summary>Does something in a turn of the supervisor. Repeating it is up to the caller, as with a call.</summary>
    public Task<T> Do<T>(Func<ISupervisorGrain, Task<T>> turn) => Task.Factory
        .StartNew(() => IsOver ? turn(reference) : Counted(turn), CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler)
        .Unwrap();

    /// <summary>The activation ends: what comes from now on is called. Called in one of its turns.</summary>
    /// <returns>Completes when what has begun is over, as the runtime waits for calls that it has begun.</returns>
    public Task End()
    {
        IsOver = true;
        if (_open == 0) _idle.TrySetResult();
        return _idle.Task;
    }

    private async Task<T> Counted<T>(Func<ISupervisorGrain, Task<T>> turn)
    {
        _open++;
        try
        {
            return await turn(activation);
        }
        finally
        {
            if (--_open == 0 && IsOver) _idle.TrySetResult();
        }
    }
}
