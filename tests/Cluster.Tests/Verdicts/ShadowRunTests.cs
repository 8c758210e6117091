using System.Collections.Concurrent;
using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Verdicts;

/// <summary>N5: sampled tasks are done again by one agent alone, from the same snapshot, without a trace in the context.</summary>
public sealed class ShadowRunTests
{
    [Fact]
    public async Task N5_A_sampled_run_is_done_again_by_the_baseline_from_its_snapshot_and_never_committed()
    {
        var shadows = new ConcurrentQueue<Assignment>();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await RosudCluster.Start(
            2,
            Writer(),
            Solo(shadows, done));
        var channel = await Prepared(cluster);

        var result = await cluster.Coordinate(channel, Asked());
        await done.Task.WaitAsync(TimeSpan.FromSeconds(30));
        var verdict = await Observed(cluster, 1);

        Assert.Equal(RunStatus.Completed, result.Status);
        var shadow = Assert.Single(shadows);
        Assert.True(shadow.Shadow);
        Assert.Equal(result.VersionStart, shadow.Context.Version);
        Assert.Equal("\"given\"", shadow.Context["in"]!.Value.ToString());
        Assert.Null(shadow.Context["out"]);   // What the several agents wrote came later.
        Assert.Equal((1, VerdictAnswer.Insufficient, 79), (verdict.Pairs, verdict.Answer, verdict.PairsNeeded));
        var now = Assert.IsType<ReadOutcome.Found>(await channel.Read(new() { Keys = ["*"] })).View;
        Assert.Equal("\"several\"", now["out"]!.Value.ToString());
        Assert.Equal(result.VersionEnd, now.Version);
    }

    [Fact]
    public async Task N5_An_agent_that_is_not_safe_as_a_shadow_is_never_one()
    {
        var shadows = new ConcurrentQueue<Assignment>();
        await using var cluster = await RosudCluster.Start(1, Writer(), Solo(shadows, new(), shadowSafe: false), Solo(shadows, new(), name: "other"));
        var channel = await Prepared(cluster);
        await cluster.Coordinate(channel, Asked());

        // The baseline is now an agent that may: its pair comes, the one before never did.
        await Configure(cluster, "other");
        await cluster.Coordinate(channel, Asked());
        var verdict = await Observed(cluster, 1, "other");

        Assert.Equal("other", verdict.Baseline);
        Assert.Equal("other", Assert.Single(shadows).Id.Agent.Name);
    }

    [Fact]
    public async Task N5_A_late_pair_of_a_baseline_that_the_policy_names_no_more_does_not_replace_the_newer_ones()
    {
        await using var cluster = await RosudCluster.Start(1);
        var key = $"{new NetworkId(TenantId.Default, NetworkId.DefaultName).Key}/writing";
        var (pairs, verdict) = (cluster.Grains.GetGrain<IVerdictPairs>(key), cluster.Grains.GetGrain<IVerdictGrain>(key));
        await Configure(cluster, "old");
        await pairs.Observe("old", Pair("r1"));
        await Configure(cluster, "new");
        await pairs.Observe("new", Pair("r2"));
        await pairs.Observe("new", Pair("r3"));

        await pairs.Observe("old", Pair("r4"));

        Assert.Equal(2, (await verdict.Describe("new")).Pairs);
        Assert.Equal(0, (await verdict.Describe("old")).Pairs);
    }

    private static PairObservation Pair(string run) => new(run, new(true, 100, 0), new(true, 200, 0));

    private static LocalAgent Writer() => RosudCluster.Agent("writer", ["in"], ["out"], (_, _) => Task.FromResult(new Completion { Writes = [ContextWrite.Set("out", "several")] }));

    private static LocalAgent Solo(ConcurrentQueue<Assignment> shadows, TaskCompletionSource done, bool shadowSafe = true, string name = "solo")
    {
        var agent = RosudCluster.Agent(name, ["*"], ["out"], (work, _) =>
        {
            shadows.Enqueue(work.Assignment);
            done.TrySetResult();
            return Task.FromResult(new Completion { Writes = [ContextWrite.Set("out", "alone")], Usage = new(100, 10) });
        });
        return agent with { Spec = agent.Spec! with { ShadowSafe = shadowSafe } };
    }

    private static CoordinateRequest Asked() => new()
    {
        Task = new() { Goal = "write", Class = "writing", Outputs = ["out"], Steps = [new() { Id = "write", Agent = "writer", Reads = ["in"], Writes = ["out"] }] },
    };

    private static async Task<IChannelGrain> Prepared(RosudCluster cluster)
    {
        await Configure(cluster, "solo");
        var channel = await cluster.Channel("work", null, "writer");
        await channel.Commit(new() { Writes = [ContextWrite.Set("in", "given")], Origin = new("test") });
        return channel;
    }

    private static async Task Configure(RosudCluster cluster, string baseline) => Assert.IsType<NetworkOutcome.Found>(
        await cluster.Grains.GetGrain<INetworkGrain>(new NetworkId(TenantId.Default, NetworkId.DefaultName).Key).Configure(new()
        {
            Verdict = new() { SampleRate = 1, Baselines = ImmutableDictionary<string, string>.Empty.Add("writing", baseline) },
        }));

    // The pair is reported after the agent was answered: each look is a call behind those before it.
    private static async Task<Verdict> Observed(RosudCluster cluster, int pairs, string baseline = "solo")
    {
        var grain = cluster.Grains.GetGrain<IVerdictGrain>($"{new NetworkId(TenantId.Default, NetworkId.DefaultName).Key}/writing");
        for (var look = 0; look < 20_000; look++)
        {
            if (await grain.Describe(baseline) is { } verdict && verdict.Pairs >= pairs) return verdict;
        }

        throw new TimeoutException("No pair came.");
    }
}
