using Rosud.Bare;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W6;

/// <summary>Durable commits per second: 1, 16 and 64 writers on one channel, and four writers on each of 64.</summary>
internal sealed class CommitRates(Bench bench, LocalHost host)
{
    private const int Channels = 64;
    private const int WritersEach = 4;
    private static readonly int[] Writers = [1, 16, 64];

    private readonly Content _content = new(bench.Seed, UpdatesBySize.ValueBytes);

    public async Task Measure()
    {
        var channels = await Task.WhenAll(Enumerable.Range(0, Channels).Select(number => BenchChannel.Open(host.Cluster, $"rate-{number}", _content)));
        var cells = Enumerable.Range(0, Channels).Select(number => host.Cluster.GetGrain<IBareCell>($"rate-{number}")).ToArray();
        var unaudited = await BenchChannel.Open(host.Cluster, "rate-unaudited", _content, audit: false);
        var content = new BareContent(_content.Next().Utf8.ToArray());
        await Flight.Run(64, bench.Seconds(3, 0.5), writer => channels[0].Commit(writer), bench.Stopped);
        await Flight.Run(64, bench.Seconds(2, 0.3), writer => unaudited.Commit(writer), bench.Stopped);
        await Flight.Run(Channels * WritersEach, bench.Seconds(2, 0.3), writer => channels[writer / WritersEach].Commit(writer), bench.Stopped);
        await bench.Repeat(async _ =>
        {
            await Rate("bare writes/s, 64 callers, 1 grain", 64, _ => cells[0].Write(content));
            await Rate("bare writes/s, 64 grains × 4", Channels * WritersEach, writer => cells[writer / WritersEach].Write(content));
            foreach (var writers in Writers)
            {
                await Rate($"commits/s, {writers} {(writers == 1 ? "writer" : "writers")}, 1 channel", writers, writer => channels[0].Commit(writer));
            }

            await Rate("commits/s, 64 writers, 1 channel, audit off", 64, writer => unaudited.Commit(writer));
            await Rate("commits/s, 64 channels × 4 writers", Channels * WritersEach, writer => channels[writer / WritersEach].Commit(writer));
        });
        bench.Notes.NoteRatio("commits/s, 64 writers, 1 channel against bare Orleans", "commits/s, 64 writers, 1 channel", "bare writes/s, 64 callers, 1 grain");
        bench.Notes.NoteRatio("commits/s with audit against without", "commits/s, 64 writers, 1 channel", "commits/s, 64 writers, 1 channel, audit off");
        bench.Notes.NoteRatio("commits/s, 64 channels × 4 writers against bare Orleans", "commits/s, 64 channels × 4 writers", "bare writes/s, 64 grains × 4");
    }

    private async Task Rate(string name, int writers, Func<int, Task> write)
    {
        var flown = await Flight.Run(writers, bench.Seconds(2, 0.3), write, bench.Stopped);
        bench.Notes.Note(name, "1/s", flown.PerSecond);
        bench.Notes.Note($"{name}: p50", "ms", flown.Latencies.PercentileMs(50));
        bench.Notes.Note($"{name}: CPU each", "µs", flown.CpuMicrosecondsEach);
    }
}
