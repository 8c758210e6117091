using Rosud.Channels;
using Rosud.Workloads;

namespace Rosud.W6;

/// <summary>From a commit to a listener in this process: one commit at a time, each heard before the next.</summary>
internal sealed class CommitToListener(Bench bench, IClusterClient cluster, BenchChannel channel, string where)
{
    public async Task Measure()
    {
        var heard = new Heard();
        var lost = 0;
        await using var subscription = await new ClusterChannelSource(cluster).Subscribe(channel.Id, update => Hear(update, heard), _ => Interlocked.Increment(ref lost));
        await PacedCommits.Run(bench, channel, heard, bench.Choose(500, 100));
        await bench.Repeat(async _ =>
        {
            var (fromAck, fromCall) = await PacedCommits.Run(bench, channel, heard, bench.Choose(1_000, 100));
            bench.Notes.Note($"{where}: commit → listener p50", "ms", fromAck.PercentileMs(50));
            bench.Notes.Note($"{where}: commit → listener p99", "ms", fromAck.PercentileMs(99));
            bench.Notes.Note($"{where}: commit → listener p50 (from the call)", "ms", fromCall.PercentileMs(50));
            bench.Notes.Note($"{where}: commit → listener p99 (from the call)", "ms", fromCall.PercentileMs(99));
        });
        if (lost > 0) bench.Notes.Remark($"{where}: the subscription failed {lost} times.");
    }

    private static void Hear(ChannelUpdate update, Heard heard)
    {
        foreach (var change in update.Changes ?? []) heard.Hear(change.Version.Number);
    }
}
