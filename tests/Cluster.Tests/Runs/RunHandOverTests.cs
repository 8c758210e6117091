using Orleans.Core.Internal;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Context;
using static Rosud.Runs.RunWords;

namespace Rosud.Runs;

/// <summary>What would make a driver begin again and again.</summary>
public sealed class RunHandOverTests
{
    [Fact]   // PROTOCOL-runs §5: only takeovers after crashes are bounded. Hosts are restarted more often than that while somebody works.
    public async Task A_run_outlives_any_number_of_drivers_that_end_in_good_order()
    {
        var gate = new AgentGate();
        var calls = 0;
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], async (work, stopped) =>
        {
            Interlocked.Increment(ref calls);
            await gate.Hold(stopped);
            return Write("out", Read(work.Context, "in"));
        }));
        var channel = await Prepared(cluster, "restarted", null, "a");
        var run = await RosudCluster.Accept(channel, Request("out", Step("s", "a", "in", "out")));
        await gate.Entered;
        var driver = cluster.Grains.GetGrain<IRunGrain>(run.Key).AsReference<IRunDriver>();
        for (var restart = 0; restart < 7; restart++)
        {
            await driver.Cast<IGrainManagementExtension>().DeactivateOnIdle();
            await driver.Resume();
        }

        gate.Open();

        Assert.Equal(RunStatus.Completed, (await cluster.End(run)).Status);
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task A_completion_that_no_record_can_hold_is_rejected_and_the_run_ends()
    {
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["list.*", "out"], (_, _) => Task.FromResult(new Completion
        {
            Writes = [.. Enumerable.Range(0, 20).Select(i => new ContextWrite(new($"list.k{i}"), JsonValue.From("one more"))), new(new("out"), JsonValue.From("it"))],
        })));
        var lists = new KeyPolicy { Pattern = new("list.*"), ConflictResolution = ConflictResolution.Merge, Merge = MergeKind.Append };
        var channel = await Prepared(cluster, "large", new() { Keys = [lists] }, "a");
        for (var i = 0; i < 20; i++)
        {
            Assert.IsType<PatchOutcome.Applied>(await channel.Commit(new() { Writes = [new(new($"list.k{i}"), JsonValue.From(new string('x', 250_000)))], Origin = new("test") }));
        }

        var result = await cluster.Coordinate(channel, Request("out", Step("s", "a", "in", "out") with { Writes = [new("list.*"), new("out")] }));

        Assert.Equal(RunStatus.AcceptanceFailed, result.Status);
        Assert.Contains("one record", result.ProblemDetail, StringComparison.Ordinal);
        Assert.All(result.Attempts, attempt => Assert.Equal(AttemptOutcome.Rejected, attempt.Outcome));
    }
}
