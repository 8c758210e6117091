using System.Collections.Concurrent;
using System.Diagnostics;

namespace Rosud.W4;

/// <summary>What is done to hosts, one thing after another: the next waits until all of them work again, else it would hit what is down already.</summary>
internal sealed class Harms
{
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _due = new();
    private readonly ConcurrentDictionary<Task, bool> _running = new();
    private readonly ConcurrentBag<(TimeSpan Began, TimeSpan Ended)> _done = [];

    /// <summary>Time since the run began.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_began);

    /// <summary>Harm that its task's agent will ask for.</summary>
    public void Expect(int task) => _due[task] = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The task has ended: what it has not asked for by now does not come.</summary>
    public void Over(int task)
    {
        if (_due.TryRemove(task, out var due)) due.SetResult();
    }

    /// <summary>Does harm and mends it, beside what goes on.</summary>
    public void Do(Func<Task> harm)
    {
        var began = Now;
        var doing = Task.Run(async () =>
        {
            await harm();
            _done.Add((began, Now));
        });
        _running[doing] = true;
    }

    /// <summary>Returns when everything works again.</summary>
    public async Task Whole()
    {
        for (Task[] open; (open = [.. _due.Values.Select(due => due.Task), .. _running.Keys]).Length > 0;)
        {
            await Task.WhenAll(open);
            foreach (var ended in open) _running.TryRemove(ended, out _);
        }
    }

    /// <summary>Whether a host was harmed, or not whole yet, at some time of a task.</summary>
    public bool Hit(Seen seen) => _done.Any(harm => harm.Began < seen.Began + seen.Took && seen.Began < harm.Ended);
}
