using System.Diagnostics;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W6;

/// <summary>One commit at a time, each heard before the next: how long hearing took from the acknowledgement, and from the call.</summary>
internal static class PacedCommits
{
    /// <summary>Commits <paramref name="count"/> times; what was heard before its acknowledgement counts as heard with it.</summary>
    public static async Task<(Latencies FromAck, Latencies FromCall)> Run(Bench bench, BenchChannel channel, Heard heard, int count)
    {
        var (fromAck, fromCall) = (new Latencies(), new Latencies());
        for (var i = 0; i < count; i++)
        {
            bench.Stopped.ThrowIfCancellationRequested();
            var called = Stopwatch.GetTimestamp();
            var version = await channel.Commit(i % 100);
            var acknowledged = Stopwatch.GetTimestamp();
            var at = await heard.At(version.Number);
            fromAck.Add(Stopwatch.GetElapsedTime(acknowledged, Math.Max(acknowledged, at)));
            fromCall.Add(Stopwatch.GetElapsedTime(called, at));
        }

        return (fromAck, fromCall);
    }
}
