using System.Diagnostics;
using Orleans.Streams;
using Rosud.Channels;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W6;

/// <summary>The same stream provider without a channel: publish, and hear it.</summary>
internal sealed class BarePublish(Bench bench, IClusterClient cluster)
{
    public async Task Measure()
    {
        var heard = new Heard();
        var stream = cluster.GetStreamProvider(ChannelUpdates.Provider).GetStream<ChannelUpdate>(StreamId.Create("rosud.bare", "published"));
        var subscription = await stream.SubscribeAsync((update, _) =>
        {
            heard.Hear(update.To.Number);
            return Task.CompletedTask;
        });
        var number = 0L;
        await bench.Repeat(async _ =>
        {
            var fromCall = new Latencies();
            for (var i = 0; i < bench.Choose(1_000, 100); i++)
            {
                var called = Stopwatch.GetTimestamp();
                await stream.OnNextAsync(new(new(number), new(++number), Epoch: 1));
                fromCall.Add(Stopwatch.GetElapsedTime(called, await heard.At(number)));
            }

            bench.Notes.Note("bare one silo: publish → listener p50 (from the call)", "ms", fromCall.PercentileMs(50));
            bench.Notes.Note("bare one silo: publish → listener p99 (from the call)", "ms", fromCall.PercentileMs(99));
        });
        await subscription.UnsubscribeAsync();
    }
}
