using System.Globalization;
using Rosud.Hosting;
using Rosud.Workloads;

namespace Rosud.W3;

/// <summary>What came of reading, waiting and committing.</summary>
internal sealed record RewrittenCount(int Rewritten, int Missed, int RefusedFresh, int Violations);

/// <summary>Callers that each read some keys of a channel of their own, and rely on them 200 ms later.</summary>
internal static class RewrittenLanes
{
    private static readonly TimeSpan RewrittenAfter = TimeSpan.FromMilliseconds(200);
    private static readonly string[] Keys = ["price", "stock", "terms"];

    public static async Task<RewrittenCount> Run(Bench bench, LocalHost host, int lanes, int times, int seed)
    {
        var channels = await Task.WhenAll(Enumerable.Range(0, lanes).Select(lane => RecordedChannel.Open(host.Cluster, string.Create(CultureInfo.InvariantCulture, $"rewritten-{lane}"))));
        var counts = await Task.WhenAll(channels.Select((channel, lane) => Lane(bench, channel, times, new Random((seed * 10_007) + lane))));
        var violations = await Task.WhenAll(channels.Select(channel => channel.Check()));
        foreach (var violation in violations.SelectMany(found => found).Take(3)) bench.Notes.Remark($"{violation}");
        return new(counts.Sum(count => count.Rewritten), counts.Sum(count => count.Missed), counts.Sum(count => count.RefusedFresh), violations.Sum(found => found.Length));
    }

    // One in eight times A writes a key that B has not read: a platform that refuses everything would be no better.
    private static async Task<RewrittenCount> Lane(Bench bench, RecordedChannel channel, int times, Random random)
    {
        var (rewritten, missed, refusedFresh, number) = (0, 0, 0, 0);
        foreach (var key in Keys) await channel.Commit(1, key, "first");
        while (rewritten < times)
        {
            var seen = await channel.Read(session: 2);
            var keys = Keys.ToArray();
            random.Shuffle(keys);
            var reads = keys[..random.Next(1, keys.Length)];
            var isRewritten = random.Next(8) > 0;
            await bench.Wait(RewrittenAfter);
            await channel.Commit(1, isRewritten ? reads[random.Next(reads.Length)] : keys[^1], string.Create(CultureInfo.InvariantCulture, $"{++number}"));
            var accepted = await channel.Commit(2, "offer", "made", seen.Version, reads);
            if (isRewritten) rewritten++;
            if (isRewritten && accepted) missed++;
            if (!isRewritten && !accepted) refusedFresh++;
        }

        return new(rewritten, missed, refusedFresh, 0);
    }
}
