using System.Collections.Concurrent;
using System.Diagnostics;

namespace Rosud.W6;

/// <summary>When a listener heard of each number, and a way to wait for one.</summary>
internal sealed class Heard
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<long, TaskCompletionSource<long>> _numbers = new();

    /// <summary>Notes that a number was heard, at this moment. The first time counts.</summary>
    public void Hear(long number)
    {
        var now = Stopwatch.GetTimestamp();
        Of(number).TrySetResult(now);
    }

    /// <summary>When the number was heard, as a <see cref="Stopwatch"/> timestamp; waits for it.</summary>
    /// <exception cref="TimeoutException">Nobody heard it.</exception>
    public Task<long> At(long number) => Of(number).Task.WaitAsync(Longest);

    private TaskCompletionSource<long> Of(long number) => _numbers.GetOrAdd(number, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
