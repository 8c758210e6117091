using System.Diagnostics;

namespace Rosud.Measuring;

/// <summary>What came of some time of constant load.</summary>
/// <param name="Latencies">How long each took.</param>
/// <param name="Elapsed">From the first start to the last end.</param>
/// <param name="Cpu">What this process used meanwhile, the load's own part included.</param>
/// <param name="AllocatedBytes">What this process allocated meanwhile.</param>
/// <param name="Paused">How long the garbage collector held this process.</param>
internal sealed record Flown(Latencies Latencies, TimeSpan Elapsed, TimeSpan Cpu, long AllocatedBytes, TimeSpan Paused)
{
    public double PerSecond => Latencies.Count / Elapsed.TotalSeconds;

    public double AllocatedKilobytesEach => Latencies.Count == 0 ? 0 : AllocatedBytes / 1024.0 / Latencies.Count;

    public double PausedPercent => Paused / Elapsed * 100;

    public double CpuMicrosecondsEach => Latencies.Count == 0 ? 0 : Cpu.TotalMicroseconds / Latencies.Count;
}

/// <summary>A closed loop: always the same number of operations in flight, each followed by the next.</summary>
internal static class Flight
{
    /// <summary>Keeps <paramref name="inFlight"/> operations going for <paramref name="span"/> and waits for the last ones.</summary>
    /// <param name="inFlight">How many at once.</param>
    /// <param name="span">For how long new ones start.</param>
    /// <param name="one">Does one; gets the number of its lane, 0 to <paramref name="inFlight"/> − 1. One lane does one at a time.</param>
    /// <param name="stopped">Ends it early.</param>
    public static async Task<Flown> Run(int inFlight, TimeSpan span, Func<int, Task> one, CancellationToken stopped)
    {
        var (cpu, allocated, paused) = Used();
        var start = Stopwatch.GetTimestamp();
        var lanes = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(lane => Task.Run(() => Lane(lane, start, span, one, stopped), stopped)));
        var elapsed = Stopwatch.GetElapsedTime(start);
        var (cpuAfter, allocatedAfter, pausedAfter) = Used();
        var all = new Latencies();
        foreach (var latencies in lanes) all.Add(latencies);
        return new(all, elapsed, cpuAfter - cpu, allocatedAfter - allocated, pausedAfter - paused);
    }

    private static (TimeSpan Cpu, long Allocated, TimeSpan Paused) Used() =>
        (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(), GC.GetTotalPauseDuration());

    private static async Task<Latencies> Lane(int lane, long start, TimeSpan span, Func<int, Task> one, CancellationToken stopped)
    {
        var latencies = new Latencies();
        while (Stopwatch.GetElapsedTime(start) < span)
        {
            stopped.ThrowIfCancellationRequested();
            var began = Stopwatch.GetTimestamp();
            await one(lane);
            latencies.Since(began);
        }

        return latencies;
    }
}
