namespace Rosud.Workloads;

/// <summary>A given number of tasks, always so many in flight.</summary>
internal static class Batch
{
    /// <summary>Does tasks 0 to <paramref name="tasks"/> − 1; one lane does one at a time.</summary>
    public static async Task Run(int tasks, int inFlight, Func<int, int, Task> one, CancellationToken stopped)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(lane => Task.Run(
            async () =>
            {
                for (var task = Interlocked.Increment(ref next); task < tasks; task = Interlocked.Increment(ref next))
                {
                    stopped.ThrowIfCancellationRequested();
                    await one(lane, task);
                }
            },
            stopped)));
    }
}
