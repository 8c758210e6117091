using Rosud.Cluster;
using Rosud.Runs;
using Rosud.Tenants;
using static Rosud.Runs.RunWords;

namespace Rosud.Channels;

/// <summary>What a deleted channel held is gone: for those who ask, and in storage.</summary>
public sealed class DeletedChannelTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]   // The silo that empties it is lost on the way.
    public async Task C18_what_a_deleted_channel_and_its_runs_held_is_shown_to_nobody_and_in_no_record_any_more(bool isKilled)
    {
        await using var cluster = await RosudCluster.Start(2, RosudCluster.Agent("a", ["in"], ["out"], (work, _) => Task.FromResult(Write("out", "secret " + Read(work.Assignment.Context, "in")))));
        var channel = await Prepared(cluster, "private", null, "a");
        for (var i = 0; i < 100; i++) await Put(channel, $"key{i % 7}", $"secret {i}");
        var ended = await cluster.Coordinate(channel, Request("out", Step("s", "a", "in", "out")));
        var run = cluster.Grains.GetGrain<IRunGrain>(ended.Run.Key);
        Assert.IsType<RunOutcome.Found>(await run.Describe());
        Assert.NotEmpty(cluster.Storage.Holding("secret"u8));

        Assert.IsType<ChannelOutcome.Deleted>(await channel.Delete());

        AssertBare(ended, await run.Describe());
        if (isKilled) await cluster.Silos.KillSiloAsync(await cluster.SiloOf(channel));
        await Erased(cluster, channel);
        AssertBare(ended, await run.Describe());
        Assert.Equal(ProblemKind.AlreadyExists, Assert.IsType<ChannelOutcome.Refused>(await channel.Create(new())).Problem.Kind);
    }

    [Fact]
    public async Task C18_a_run_that_is_cut_off_by_the_deletion_tells_its_caller_and_leaves_nothing()
    {
        var gate = new AgentGate();
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], async (_, stopped) =>
        {
            await gate.Hold(stopped);
            return Write("out", "late");
        }));
        var channel = await Prepared(cluster, "cut", null, "a");
        await Put(channel, "in", "secret");
        var running = cluster.Coordinate(channel, Request("out", Step("s", "a", "in", "out")));
        await gate.Entered;

        Assert.IsType<ChannelOutcome.Deleted>(await channel.Delete());

        var ended = await running;
        Assert.Equal(RunStatus.Canceled, ended.Status);
        await gate.Stopped;
        await Erased(cluster, channel);
        AssertBare(ended, await cluster.Grains.GetGrain<IRunGrain>(ended.Run.Key).Describe());
    }

    // That it was, and how and when it ended: who asks for a run that the deletion canceled learns so.
    private static void AssertBare(RunResult ended, RunOutcome shown)
    {
        var bare = Assert.IsType<RunOutcome.Found>(shown).Result;
        Assert.Equal((ended.Run, ended.Status, ended.EndedAt, ended.WallMs), (bare.Run, bare.Status, bare.EndedAt, bare.WallMs));
        Assert.True(bare is { Outputs.IsEmpty: true, Attempts.IsEmpty: true, Timeline.IsEmpty: true, Questions.IsEmpty: true, Effects.IsEmpty: true, LateResults.IsEmpty: true, Goal: "", TaskId: null });
    }

    // Each look is a command beside those that empty it.
    private static async Task Erased(RosudCluster cluster, IChannelGrain channel)
    {
        for (var look = 0; look < 3_000; look++)
        {
            if (cluster.Storage.Holding("secret"u8).Count == 0) return;
            await channel.Delete();
        }

        Assert.Fail($"It is still in {string.Join(", ", cluster.Storage.Holding("secret"u8))}.");
    }
}
