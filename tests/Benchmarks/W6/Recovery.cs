using System.Diagnostics;
using Orleans.Core.Internal;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W6;

/// <summary>How long the first read waits when a channel of 10,000 keys of 1 KB has just lost its activation; the last of its leaving counts.</summary>
internal sealed class Recovery(Bench bench, LocalHost host)
{
    private const int Keys = 10_000;
    private const int ValueBytes = 1_024;

    public async Task Measure()
    {
        var channel = await BenchChannel.Open(host.Cluster, "recovered", new Content(bench.Seed, ValueBytes));
        await channel.Fill(Keys);
        await Recover(channel);
        await bench.Repeat(async _ => bench.Notes.Note("recovery of 10,000 keys of 1 KB", "s", (await Recover(channel)).TotalSeconds));
    }

    private static async Task<TimeSpan> Recover(BenchChannel channel)
    {
        await channel.Grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        var began = Stopwatch.GetTimestamp();
        var read = await channel.Grain.Read(new() { Keys = [new(BenchChannel.Key(Keys - 1).Value)] });
        var elapsed = Stopwatch.GetElapsedTime(began);
        return read is ReadOutcome.Found ? elapsed : throw new InvalidOperationException("The recovered channel could not be read.");
    }
}
