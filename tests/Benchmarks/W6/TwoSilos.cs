using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W6;

/// <summary>Two silos over one Redis that syncs every write: what they use when nothing happens, and from a commit in one to a listener in the other.</summary>
internal sealed class TwoSilos(Bench bench)
{
    public const string WhyNot = "Two silos need redis-server (Debian: apt-get install redis-server), or they could not be started; a note says which.";

    private const string Cluster = "w6-two";

    public async Task Measure()
    {
        var folder = bench.NewFolder("w6-redis");
        await using var redis = await RedisProcess.StartIfInstalled(folder);
        if (redis is null)
        {
            bench.Notes.Remark("redis-server is not installed, so nothing was measured with two silos.");
            return;
        }

        var there = HostSettings.New(Cluster);
        await using var first = await SiloProcess.Start(there, there.OnRedis(redis.Connection), folder);
        await using var here = await LocalHost.Start(HostSettings.New(Cluster).OnRedis(redis.Connection));
        await Idle(first);
        await Listening(here);
    }

    // This process is one of the two and does nothing else meanwhile. The runtime compiles what was called often for minutes after a start, when little happens: that is no part of being idle.
    private async Task Idle(SiloProcess first)
    {
        await bench.Wait(bench.Seconds(180, 1));
        await bench.Repeat(async _ =>
        {
            var span = bench.Seconds(10, 1.5);
            var before = first.Cpu + Environment.CpuUsage.TotalTime;
            await bench.Wait(span);
            bench.Notes.Note("two silos: idle CPU of both", "% of a core", (first.Cpu + Environment.CpuUsage.TotalTime - before) / span * 100);
        });
    }

    // Commit and callback are here, on one clock; the channel is in the other process.
    private async Task Listening(LocalHost here)
    {
        var channel = await Elsewhere(here);
        await new CommitToListener(bench, here.Cluster, channel, "two silos").Measure();
        await bench.Repeat(async _ =>
        {
            var flown = await Flight.Run(1, bench.Seconds(2, 0.3), _ => channel.Commit(0), bench.Stopped);
            bench.Notes.Note("two silos: update p50 (Redis, synced)", "ms", flown.Latencies.PercentileMs(50));
            bench.Notes.Note("two silos: update p99 (Redis, synced)", "ms", flown.Latencies.PercentileMs(99));
        });
    }

    private async Task<BenchChannel> Elsewhere(LocalHost here)
    {
        var content = new Content(bench.Seed, UpdatesBySize.ValueBytes);
        var management = here.Cluster.GetGrain<IManagementGrain>(0);
        for (var number = 0; number < 100; number++)
        {
            var channel = await BenchChannel.Open(here.Cluster, $"two-{number}", content);
            SiloAddress? at = await management.GetActivationAddress(channel.Grain);
            if (at is not null && !at.Equals(here.Address)) return channel;
        }

        throw new InvalidOperationException("No channel of a hundred was placed on the other silo.");
    }
}
