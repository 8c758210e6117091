using System.Diagnostics;
using Orleans.Core.Internal;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Tenants;
using static Rosud.Runs.RunWords;

namespace Rosud.Runs;

/// <summary>What goes wrong after a run has ended.</summary>
public sealed class RunEndingTests
{
    private const string Broken = "Nobody takes the spans.";
    private static readonly Usage Used = new(5, 7, 0.5m);

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

    [Fact]
    public async Task What_was_accepted_is_not_late_when_only_the_word_of_it_was_lost()
    {
        var attempt = default(AssignmentId);
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], (work, _) =>
        {
            attempt = work.Assignment.Id;
            return Task.FromResult(Write("out", "it") with { Usage = Used });
        }));
        var channel = await Prepared(cluster, "accepted", null, "a");
        var result = await cluster.Coordinate(channel, Request("out", Step("s", "a", "in", "out")));
        await Archived(cluster, result.Run);

        await cluster.Grains.GetGrain<IRunDriver>(result.Run.Key).Late(new(attempt!, Write("out", "it") with { Usage = Used }));

        var after = await cluster.End(result.Run);
        Assert.Empty(after.LateResults);
        Assert.Equal((result.WorkTokens, result.CostUsd), (after.WorkTokens, after.CostUsd));
    }

    [Theory]   // While the run is still held; when it is read back from its archive; when its grain is told to go while that is being written again.
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_result_that_comes_after_the_end_is_shown_whichever_way_it_comes(bool isArchived, bool goesMeanwhile)
    {
        var entered = new TaskCompletionSource<AssignmentId>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], async (work, stopped) =>
        {
            entered.TrySetResult(work.Assignment.Id);
            await new AgentGate().Hold(stopped);
            return Write("out", "never");
        }));
        var channel = await Prepared(cluster, "after", null, "a");
        var run = await RosudCluster.Accept(channel, Request("out", Step("s", "a", "in", "out")));
        var attempt = await entered.Task;
        await cluster.Grains.GetGrain<IRunGrain>(run.Key).Cancel();
        if (isArchived) await LetGo(cluster, run);

        if (goesMeanwhile) Assert.Empty((await cluster.End(run)).LateResults);   // It is read back before nothing can be written.
        if (goesMeanwhile) cluster.Storage.Close(grain => grain.Type.ToString() == "rosud.run");
        var settled = await cluster.Grains.GetGrain<IRunDriver>(run.Key).Settle(new()
        {
            Assignment = attempt,
            Kind = SettlementKind.Completed,
            Completion = Write("out", "late") with { Usage = Used },
            AdmittedAt = TimeProvider.System.GetUtcNow(),
            EndedAt = TimeProvider.System.GetUtcNow(),
            ReadVersion = new(1),
        });

        Assert.IsType<SettleOutcome.Refused>(settled);
        if (goesMeanwhile)
        {
            await cluster.Storage.Held;
            await cluster.Grains.GetGrain<IRunGrain>(run.Key).AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        }

        var shown = cluster.End(run);
        for (var look = 0; look < 20; look++) await Archived(cluster, run);   // Time enough to go without having written it.
        cluster.Storage.Open();
        var late = Assert.Single((await shown).LateResults);
        Assert.Equal((attempt.Step, Used), (late.Step, late.Usage));
    }

    [Fact]   // Its grain lets go of it once it is archived: whoever is being answered then must not find it gone.
    public async Task A_run_is_there_for_whoever_looks_at_any_moment_of_its_end()
    {
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], (_, _) => Task.FromResult(Write("out", "it"))));
        var channel = await Prepared(cluster, "looked-at", null, "a");
        for (var number = 0; number < 50; number++)
        {
            var run = await RosudCluster.Accept(channel, Request("out", Step("s", "a", "in", "out")));
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Look(run)));
        }

        async Task Look(RunId run)
        {
            for (var looks = 0; looks < 50;)
            {
                var seen = await cluster.Grains.GetGrain<IRunGrain>(run.Key).Describe();
                if (Assert.IsType<RunOutcome.Found>(seen).Result.HasEnded) looks++;
            }
        }
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

    // Its activation is gone, as after a while of quiet: who asks next reads the archive.
    private static async Task LetGo(RosudCluster cluster, RunId run)
    {
        await Archived(cluster, run);
        await cluster.Grains.GetGrain<IRunGrain>(run.Key).AsReference<IGrainManagementExtension>().DeactivateOnIdle();
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
