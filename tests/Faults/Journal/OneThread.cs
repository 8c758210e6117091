namespace Rosud.Journal;

/// <summary>Runs asynchronous code as a grain does: one thread, one continuation at a time.</summary>
internal sealed class OneThread : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();

    public override void Post(SendOrPostCallback d, object? state) => _posted.Enqueue((d, state));

    /// <summary>Runs until <paramref name="body"/> is done.</summary>
    /// <exception cref="InvalidOperationException">It waits for something that cannot happen.</exception>
    public static void Run(Func<Task> body)
    {
        var context = new OneThread();
        context.Enter(() =>
        {
            var task = body();
            context.Pump();
            if (!task.IsCompleted) throw new InvalidOperationException("It waits for ever.");
            task.GetAwaiter().GetResult();
        });
    }

    /// <summary>Runs <paramref name="action"/> with this as the current context.</summary>
    public void Enter(Action action)
    {
        var outer = Current;
        SetSynchronizationContext(this);
        try
        {
            action();
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }

    /// <summary>Runs what was posted until nothing is left.</summary>
    public void Pump()
    {
        while (_posted.TryDequeue(out var next)) next.Callback(next.State);
    }
}
