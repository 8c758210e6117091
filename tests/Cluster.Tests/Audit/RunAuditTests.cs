using System.Text.Json;
using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Audit;

public sealed class RunAuditTests
{
    [Fact]
    public async Task C16_What_each_attempt_read_is_chained_with_its_outcome()
    {
        var first = new AgentGate();
        var attempts = 0;
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in", "more.*"], ["out"], async (work, stopped) =>
        {
            if (Interlocked.Increment(ref attempts) == 1) await first.Hold(stopped);
            return new() { Writes = [ContextWrite.Set("out", "done")] };
        }));
        var channel = await cluster.Channel("audited", new() { StalenessThreshold = TimeSpan.Zero }, "a");
        await Commit(channel, "in", "one");
        await Commit(channel, "more.x", "x");
        var request = new CoordinateRequest
        {
            Task = new() { Goal = "test", Outputs = [new("out")], Steps = [new() { Id = "s", Agent = "a", Goal = "Work it out", Reads = [new(new("in")), new(new("more.*"))], Writes = [new("out")] }] },
            TaskHash = ContentHash.Of("task"u8),
            Timeout = TimeSpan.FromSeconds(60),
            Caller = "client",
        };

        var running = cluster.Coordinate(channel, request);
        await first.Entered;
        await Commit(channel, "in", "two");
        var result = await running;

        Assert.Equal([AttemptOutcome.Stale, AttemptOutcome.Accepted], result.Attempts.Select(attempt => attempt.Outcome));
        var entries = await Entries(channel);
        Assert.Equal(["made", "commit", "commit", "commit", "read", "commit", "read"], entries.Select(entry => Text(entry, "kind")));
        var reads = entries.Where(entry => Text(entry, "kind") == "read").ToList();
        Assert.Equal(["stale", "accepted"], reads.Select(entry => Text(entry, "outcome")));
        Assert.Equal([2L, 3L], reads.Select(entry => entry.GetProperty("version").GetInt64()));
        Assert.Equal(["{\"in\":1,\"more.x\":2}", "{\"in\":3,\"more.x\":2}"], reads.Select(entry => entry.GetProperty("keys").GetRawText()));
        Assert.All(reads, entry => Assert.Equal(("Work it out", "a", "client", result.Run.Name, "s"), (Text(entry, "why"), Text(entry, "agent"), Text(entry, "caller"), Text(entry, "run"), Text(entry, "step"))));
        Assert.All(reads, entry => Assert.Equal("[\"in\",\"more.*\"]", entry.GetProperty("reads").GetRawText()));
        var write = entries[5];
        Assert.Equal(("a", "Work it out", 4, 3, result.TraceId), (Text(write, "writer"), Text(write, "why"), write.GetProperty("version").GetInt64(), write.GetProperty("based_on").GetInt64(), Text(write, "trace")));
        Assert.Equal(result.Attempts.Select(attempt => attempt.Attempt), reads.Select(entry => entry.GetProperty("attempt").GetInt32()));
    }

    [Fact]
    public async Task The_chain_goes_on_when_its_silo_is_killed()
    {
        await using var cluster = await RosudCluster.Start(2);
        var channel = await cluster.Channel("killed");
        await Commit(channel, "in", "one");
        var before = (await Page(channel)).Head;

        await cluster.Silos.KillSiloAsync(await cluster.SiloOf(channel));
        await Commit(channel, "in", "two");

        var page = await Page(channel);
        Assert.Null(page.Fault);
        Assert.Equal(before.Hash, page.Entries[(int)before.Number - 1].Hash);
        Assert.Equal((before.Number + 1, page.Entries[^1].Hash), (page.Head.Number, page.Head.Hash));
    }

    private static async Task Commit(IChannelGrain channel, string key, string value)
    {
        var patch = new ContextPatch { Writes = [ContextWrite.Set(key, value)], Origin = new("test"), OperationId = $"{key}={value}" };
        while (true)
        {
            try
            {
                Assert.IsType<PatchOutcome.Applied>(await channel.Commit(patch));
                return;
            }
            catch (Exception lost) when (lost is Orleans.Runtime.SiloUnavailableException or UnknownOutcomeException or TimeoutException)
            {
                // The same operation again finds out.
            }
        }
    }

    private static async Task<AuditPage> Page(IChannelGrain channel) => Assert.IsType<AuditOutcome.Found>(await channel.Audit(new() { CheckValues = true })).Page;

    private static async Task<List<JsonElement>> Entries(IChannelGrain channel)
    {
        var page = await Page(channel);
        Assert.Null(page.Fault);
        return [.. page.Entries.Select(line => JsonDocument.Parse(line.Entry).RootElement)];
    }

    private static string? Text(JsonElement entry, string member) => entry.TryGetProperty(member, out var value) ? value.GetString() : null;
}
