namespace Rosud.Runs;

/// <summary>Waits for the end of one run. The end is pushed; asking is only for a push that was lost.</summary>
internal sealed class RunWait(TimeProvider time) : IRunObserver
{
    /// <summary>A run forgets its observers after 15 s.</summary>
    public static TimeSpan WatchEvery { get; } = TimeSpan.FromSeconds(5);

    /// <summary>How long after its deadline a run that was not heard of is asked.</summary>
    public static TimeSpan AfterDeadline { get; } = TimeSpan.FromMilliseconds(20);

    private readonly TaskCompletionSource<RunResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Ended(RunResult result)
    {
        _ended.TrySetResult(result);
        return Task.CompletedTask;
    }

    /// <summary>The run when it has ended within <paramref name="longest"/>, else as it then stands.</summary>
    /// <param name="run">The run.</param>
    /// <param name="self">The reference under which the run knows this.</param>
    /// <param name="watch">Whether the run must still be told: it was there before, so it may not know this.</param>
    /// <param name="longest">How long to wait.</param>
    /// <param name="cancellationToken">Ends the waiting, not the run.</param>
    public async Task<RunOutcome> WaitAsync(IRunGrain run, IRunObserver self, bool watch, TimeSpan longest, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            if (watch && await run.Watch(self).WaitAsync(cancellationToken) is var now && (now is not RunOutcome.Found { Result.HasEnded: false })) return now;
            watch = true;
            var left = longest - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero) return await run.Describe().WaitAsync(cancellationToken);
            if (await EndsWithin(left < WatchEvery ? left : WatchEvery, cancellationToken)) return new RunOutcome.Found(await _ended.Task);
            if (time.GetElapsedTime(start) >= longest) return await run.Describe().WaitAsync(cancellationToken);
        }
    }

    private async Task<bool> EndsWithin(TimeSpan span, CancellationToken cancellationToken)
    {
        using var woken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = await Task.WhenAny(_ended.Task, Task.Delay(span, time, woken.Token));
        await woken.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return first == _ended.Task;
    }
}
