using System.Collections.Concurrent;
using System.Diagnostics;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W6;

/// <summary>From an acknowledged commit to clients of the event stream: to one, and to a thousand at ten commits a second.</summary>
internal sealed class CommitToSse(Bench bench, SiloProcess silo, IClusterClient cluster, Content content)
{
    private const int Listeners = 1_000;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    public async Task Measure()
    {
        using var http = new HttpClient { BaseAddress = new(silo.Settings.Url), Timeout = Timeout.InfiniteTimeSpan };
        await One(http);
        await Many(http);
    }

    private async Task One(HttpClient http)
    {
        var channel = await BenchChannel.Open(cluster, "sse-one", content);
        var heard = new Heard();
        await using var client = await SseClient.Open(http, channel.Id.Name, heard.Hear);
        await PacedCommits.Run(bench, channel, heard, bench.Choose(300, 50));
        await bench.Repeat(async _ =>
        {
            var (fromAck, fromCall) = await PacedCommits.Run(bench, channel, heard, bench.Choose(500, 100));
            bench.Notes.Note("HTTP: commit → SSE client p50", "ms", fromAck.PercentileMs(50));
            bench.Notes.Note("HTTP: commit → SSE client p99", "ms", fromAck.PercentileMs(99));
            bench.Notes.Note("HTTP: commit → SSE client p50 (from the call)", "ms", fromCall.PercentileMs(50));
            bench.Notes.Note("HTTP: commit → SSE client p99 (from the call)", "ms", fromCall.PercentileMs(99));
        });
    }

    private async Task Many(HttpClient http)
    {
        var channel = await BenchChannel.Open(cluster, "sse-many", content);
        var heard = new ConcurrentBag<(long Version, long At)>();
        var clients = new List<SseClient>();
        try
        {
            foreach (var opened in Enumerable.Range(0, Listeners).Chunk(50))
            {
                clients.AddRange(await Task.WhenAll(opened.Select(_ => SseClient.Open(http, channel.Id.Name, version => heard.Add((version, Stopwatch.GetTimestamp()))))));
            }

            await channel.Commit(0);
            await All(heard, 1);
            await bench.Repeat(_ => Round(channel, heard));
        }
        finally
        {
            await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
        }
    }

    private async Task Round(BenchChannel channel, ConcurrentBag<(long Version, long At)> heard)
    {
        heard.Clear();
        var acknowledged = new Dictionary<long, long>();
        var commits = bench.Choose(50, 8);
        using var pace = new PeriodicTimer(Pace);
        for (var i = 0; i < commits && await pace.WaitForNextTickAsync(bench.Stopped); i++)
        {
            var version = await channel.Commit(0);
            acknowledged[version.Number] = Stopwatch.GetTimestamp();
        }

        await All(heard, commits);
        var latencies = new Latencies();
        foreach (var (version, at) in heard)
        {
            if (acknowledged.TryGetValue(version, out var ack)) latencies.Add(Stopwatch.GetElapsedTime(ack, Math.Max(ack, at)));
        }

        bench.Notes.Note("HTTP: 1,000 SSE listeners at 10 commits/s p50", "ms", latencies.PercentileMs(50));
        bench.Notes.Note("HTTP: 1,000 SSE listeners at 10 commits/s p99", "ms", latencies.PercentileMs(99));
    }

    // Everybody must hear everything: one that does not is a failure, not a faster figure.
    private async Task All(ConcurrentBag<(long Version, long At)> heard, int commits)
    {
        var start = Stopwatch.GetTimestamp();
        while (heard.Count < commits * Listeners)
        {
            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(20)) throw new TimeoutException($"Of {commits * Listeners:N0} deliveries {heard.Count:N0} came.");
            await bench.Wait(TimeSpan.FromMilliseconds(10));
        }
    }
}
