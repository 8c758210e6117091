using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Tenants;
using static Rosud.Runs.RunWords;

namespace Rosud.Runs;

/// <summary>Runs that steps of other runs start.</summary>
public sealed class RunTreeTests
{
    [Fact]
    public async Task A_child_runs_within_its_parent_and_what_it_used_is_its_parents()
    {
        var grains = default(IGrainFactory);
        var child = new TaskCompletionSource<RunId>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await RosudCluster.Start(
            2,
            RosudCluster.Agent("lead", ["in"], ["out"], async (work, stopped) =>
            {
                var below = grains!.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, "below").Key);
                child.TrySetResult(await RosudCluster.Accept(below, Request("found", Step("s", "helper", "in", "found")).Within(work)));
                await Ended(grains, await child.Task, stopped);
                return Write("out", "led") with { Usage = new(1, 1, 0.5m) };
            }),
            RosudCluster.Agent("helper", ["in"], ["found"], (_, _) => Task.FromResult(Write("found", "it") with { Usage = new(10, 5, 0.25m) })));
        grains = cluster.Grains;
        await Prepared(cluster, "below", null, "helper");
        var above = await Prepared(cluster, "above", null, "lead");

        var result = await cluster.Coordinate(above, Request("out", Step("s", "lead", "in", "out")) with { Task = Request("out", Step("s", "lead", "in", "out")).Task with { Budget = new(Tokens: 1_000) } });

        var below = await cluster.End(await child.Task);
        Assert.Equal((RunStatus.Completed, RunStatus.Completed), (result.Status, below.Status));
        Assert.Equal(result.Run.Name, below.Parent);
        Assert.Equal(below.Run.Name, Assert.Single(result.Children));
        Assert.Equal((17L, 0.75m), (result.WorkTokens, result.CostUsd));
    }

    [Fact]
    public async Task The_end_of_a_parent_ends_its_children_and_it_starts_no_more()
    {
        var grains = default(IGrainFactory);
        var gate = new AgentGate();
        var children = new TaskCompletionSource<RunId>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await RosudCluster.Start(
            2,
            RosudCluster.Agent("lead", ["in"], ["out"], async (work, stopped) =>
            {
                var below = grains!.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, "below").Key);
                children.TrySetResult(await RosudCluster.Accept(below, Request("found", Step("s", "helper", "in", "found")).Within(work)));
                await new AgentGate().Hold(stopped);
                return Write("out", "never");
            }),
            RosudCluster.Agent("helper", ["in"], ["found"], async (_, stopped) =>
            {
                await gate.Hold(stopped);
                return Write("found", "it");
            }));
        grains = cluster.Grains;
        var below = await Prepared(cluster, "below", null, "helper");
        var above = await Prepared(cluster, "above", null, "lead");
        var parent = await RosudCluster.Accept(above, Request("out", Step("s", "lead", "in", "out")));
        await gate.Entered;

        await cluster.Grains.GetGrain<IRunGrain>(parent.Key).Cancel();

        var child = await cluster.End(await children.Task);
        Assert.Equal((RunStatus.Canceled, "The run that started it has ended."), (child.Status, child.ProblemDetail));
        await gate.Stopped;
        var late = Assert.IsType<CoordinateOutcome.Refused>(await below.Coordinate(Request("found", Step("s", "helper", "in", "found")) with { Parent = parent.Name, FitsParent = true }, null));
        Assert.Equal(ProblemKind.Fenced, late.Problem.Kind);
    }

    [Fact]
    public async Task A_child_above_its_parents_bounds_breaks_the_contract_and_every_breach_is_named()
    {
        var gate = new AgentGate();
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], async (_, stopped) =>
        {
            await gate.Hold(stopped);
            return Write("out", "x");
        }));
        var channel = await Prepared(cluster, "bounds", null, "a");
        var request = Request("out", Step("s", "a", "in", "out"));
        var parent = await RosudCluster.Accept(channel, request with { Timeout = TimeSpan.FromSeconds(20), Task = request.Task with { Budget = new(100, 1m, 5) } });

        Assert.Equal(
            ["above_parent /timeout_ms", "above_parent /task/budget/tokens", "above_parent /task/budget/cost_usd", "above_parent /task/budget/calls"],
            await Breaches(channel, request with { Parent = parent.Name, Task = request.Task with { Budget = new(101, 1.01m, 5) } }));
        Assert.Equal(["unknown_parent /parent"], await Breaches(channel, request with { Parent = "bounds.nothing" }));
    }

    [Fact]
    public async Task Runs_stand_at_most_ten_above_one_another()
    {
        var gate = new AgentGate();
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], async (_, stopped) =>
        {
            await gate.Hold(stopped);
            return Write("out", "x");
        }));
        var channel = await Prepared(cluster, "deep", null, "a");
        var request = Request("out", Step("s", "a", "in", "out")) with { FitsParent = true };
        var runs = new List<RunId> { await RosudCluster.Accept(channel, request) };
        for (var depth = 2; depth <= 10; depth++) runs.Add(await RosudCluster.Accept(channel, request with { Parent = runs[^1].Name }));

        Assert.Equal(["too_deep /parent"], await Breaches(channel, request with { Parent = runs[^1].Name }));
        await cluster.Grains.GetGrain<IRunGrain>(runs[0].Key).Cancel();
        foreach (var run in runs) Assert.Equal(RunStatus.Canceled, (await cluster.End(run)).Status);
    }

    private static async Task<string[]> Breaches(IChannelGrain channel, CoordinateRequest request) =>
        [.. Assert.IsType<CoordinateOutcome.Refused>(await channel.Coordinate(request, null)).Problem.Errors.Select(error => $"{error.Code} {error.Pointer}")];

    private static async Task Ended(IGrainFactory grains, RunId run, CancellationToken stopped)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var observer = new Observer(told);
        if (await grains.GetGrain<IRunGrain>(run.Key).Watch(grains.CreateObjectReference<IRunObserver>(observer)) is not RunOutcome.Found { Result.HasEnded: true }) await told.Task.WaitAsync(stopped);
        GC.KeepAlive(observer);
    }

    private sealed class Observer(TaskCompletionSource told) : IRunObserver
    {
        public Task Ended(RunResult result)
        {
            told.TrySetResult();
            return Task.CompletedTask;
        }
    }
}
