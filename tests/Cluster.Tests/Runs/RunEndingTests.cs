using System.Diagnostics;
using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Tenants;
using static Rosud.Runs.RunWords;

namespace Rosud.Runs;

/// <summary>What goes wrong after a run has ended.</summary>
public sealed class RunEndingTests
{
    private const string Broken = "Nobody takes the spans.";

    [Fact]
    public async Task What_fails_while_a_run_ends_is_logged_and_the_run_is_archived_all_the_same()
    {
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], (_, _) => Task.FromResult(Write("out", "it"))));
        var channel = await Prepared(cluster, "ending", null, "a");
        using var failing = FailAtTheEndOf("ending.");

        var result = await cluster.Coordinate(channel, Request("out", Step("s", "a", "in", "out")));

        Assert.Equal(RunStatus.Completed, result.Status);
        await Archived(cluster, result.Run);
        Assert.Contains(cluster.Errors.Messages, message => message.Contains(result.Run.Name, StringComparison.Ordinal) && message.Contains(Broken, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_that_fails_after_it_has_waited_for_its_childrens_numbers_is_logged_and_archived_all_the_same()
    {
        var grains = default(IGrainFactory);
        var gate = new AgentGate();
        var child = new TaskCompletionSource<RunId>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await RosudCluster.Start(
            1,
            RosudCluster.Agent("lead", ["in"], ["out"], async (work, stopped) =>
            {
                var below = grains!.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, "under").Key);
                child.TrySetResult(await RosudCluster.Accept(below, Request("found", Step("s", "helper", "in", "found")).Within(work)));
                await new AgentGate().Hold(stopped);
                return Write("out", "never");
            }),
            RosudCluster.Agent("helper", ["in"], ["found"], async (_, stopped) =>
            {
                await gate.Hold(stopped);
                return Write("found", "it");
            }));
        grains = cluster.Grains;
        await Prepared(cluster, "under", null, "helper");
        var above = await Prepared(cluster, "over", null, "lead");
        using var failing = FailAtTheEndOf("over.");
        var parent = await RosudCluster.Accept(above, Request("out", Step("s", "lead", "in", "out")));
        await gate.Entered;

        await grains.GetGrain<IRunGrain>(parent.Key).Cancel();

        Assert.Equal(RunStatus.Canceled, (await cluster.End(await child.Task)).Status);
        await Archived(cluster, parent);
        Assert.Contains(cluster.Errors.Messages, message => message.Contains(parent.Name, StringComparison.Ordinal) && message.Contains(Broken, StringComparison.Ordinal));
    }

    // Whoever watches the process throws when the run's span is handed to him.
    private static ActivityListener FailAtTheEndOf(string run)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Rosud",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.GetTagItem("rosud.run") is string name && name.StartsWith(run, StringComparison.Ordinal)) throw new InvalidOperationException(Broken);
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    // Each look is a command behind those that archive it.
    private static async Task Archived(RosudCluster cluster, RunId run)
    {
        for (var look = 0; look < 1_000; look++)
        {
            if (await cluster.Grains.GetGrain<IRunLog>(run.Channel.Key).TakeDriver(run) is DriverAnswer.Gone) return;
        }

        Assert.Fail("The run is not archived.");
    }
}
