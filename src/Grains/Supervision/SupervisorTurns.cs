namespace Rosud.Supervision;

/// <summary>Turns of one supervisor's activation for what works beside it in the same process: they cost no call. Once the activation has ended, a call to whichever came after it.</summary>
/// <param name="activation">The activation itself.</param>
/// <param name="reference">The supervisor, wherever it is.</param>
/// <param name="scheduler">The activation's own.</param>
internal sealed class SupervisorTurns(ISupervisorGrain activation, ISupervisorGrain reference, TaskScheduler scheduler)
{
    private bool _isOver;

    /// <summary>The supervisor's reference, for calls.</summary>
    public ISupervisorGrain Reference => reference;

    /// <summary>Does something in a turn of the supervisor. Repeating it is up to the caller, as with a call.</summary>
    public Task<T> Do<T>(Func<ISupervisorGrain, Task<T>> turn) => Task.Factory
        .StartNew(() => turn(_isOver ? reference : activation), CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler)
        .Unwrap();

    /// <summary>The activation ends. Called in one of its turns.</summary>
    public void End() => _isOver = true;
}
