using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Supervision;

public sealed class SupervisionClusterTests
{
    [Fact]
    public async Task S4_Breakers_forced_states_and_quarantine_are_there_after_their_silo_was_killed()
    {
        await using var cluster = await RosudCluster.Start(2, Broken("broken"));
        var channel = await cluster.Channel("kill", null, "broken");
        for (var run = 0; run < 5; run++) await cluster.Coordinate(channel, Request($"run {run}", Step("s", "broken")));
        var supervisor = Supervisor(cluster, "broken");
        var forced = await supervisor.ForceOpen();   // Answered once it is stored, and with it all that came before.
        Assert.Equal(BreakerStateKind.ForcedOpen, forced.Breaker.State);

        await cluster.Silos.KillSiloAsync(await cluster.SiloOf(supervisor));
        var view = await supervisor.Describe(null);

        Assert.Equal(BreakerStateKind.ForcedOpen, view.Breaker.State);
        Assert.Equal((0, 0), (view.Bulkhead.Running, view.Bulkhead.Queued));
        Assert.Equal(forced.Transitions.AsEnumerable(), view.Transitions);
        Assert.Contains(view.Transitions, moved => moved is { Network: "default", To: BreakerStateKind.Open, Reason: BreakerReason.FailuresInARow });
        Assert.Contains(view.Transitions, moved => moved is { Network: null, To: BreakerStateKind.ForcedOpen, Reason: BreakerReason.Operator });
        Assert.Equal(forced.Quarantine.AsEnumerable(), view.Quarantine);
        Assert.NotEmpty(view.Quarantine);
        var reset = await supervisor.Reset();
        Assert.Equal(BreakerStateKind.Closed, reset.Breaker.State);
        Assert.Empty(reset.Quarantine);
    }

    [Fact]
    public async Task A_breaker_that_moves_is_told_to_the_channels_whose_runs_were_there_with_its_reason()
    {
        await using var cluster = await RosudCluster.Start(1, Broken("broken"));
        var channel = await cluster.Channel("told", null, "broken");
        var heard = new TaskCompletionSource<ChannelNotice>(TaskCreationOptions.RunContinuationsAsynchronously);
        var source = new ClusterChannelSource(cluster.Silos.Silos[0].ServiceProvider.GetRequiredService<IClusterClient>());
        await using var subscription = await source.Subscribe(
            new(TenantId.Default, "told"),
            update =>
            {
                foreach (var notice in update.Notices.Where(notice => notice.Type == "breaker")) heard.TrySetResult(notice);
            },
            _ => { });

        for (var run = 0; run < 5; run++) await cluster.Coordinate(channel, Request($"run {run}", Step("s", "broken")));

        var body = (await heard.Task.WaitAsync(TimeSpan.FromSeconds(30))).Body.ToString();
        Assert.Contains("\"agent\":\"broken\"", body, StringComparison.Ordinal);
        Assert.Contains("\"from\":\"closed\"", body, StringComparison.Ordinal);
        Assert.Contains("\"state\":\"open\"", body, StringComparison.Ordinal);
        Assert.Contains("\"reason\":\"failures_in_a_row\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watching_an_attempt_without_a_wait_answers_at_once()
    {
        await using var cluster = await RosudCluster.Start(1);
        var agent = cluster.Grains.GetGrain<IAgentGrain>(new AgentId(TenantId.Default, "pulled").Key);
        Assert.IsType<AgentOutcome.Found>(await agent.Register(new() { Reads = ["in"], Writes = ["out"] }));
        var channel = await cluster.Channel("watched", null, "pulled");
        await RosudCluster.Accept(channel, Request("watch", Step("s", "pulled")));
        var work = Assert.IsType<TakeOutcome.Taken>(await Supervisor(cluster, "pulled").Take(new(1, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30), null))).Assignments.Single();

        foreach (var wait in new[] { TimeSpan.Zero, Timeout.InfiniteTimeSpan })
        {
            var standing = await Supervisor(cluster, "pulled").Watch(work.Id, ContextVersion.None, wait).WaitAsync(TimeSpan.FromSeconds(15));
            Assert.True(standing is SettleOutcome.Beat { Superseded: false, Cancelled: false });
        }
    }

    [Fact]
    public async Task R12_A_poison_step_gets_three_attempts_is_then_refused_and_opens_no_breaker()
    {
        var calls = 0;
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("worker", ["in"], ["out"], (work, _) =>
        {
            if (work.Assignment.Goal != "poison") return Task.FromResult(Wrote("out"));
            Interlocked.Increment(ref calls);
            throw new AgentFailureException("This kills me.");
        }));
        var results = new List<RunResult>();
        for (var run = 0; run < 8; run++)
        {
            var channel = await cluster.Channel($"poison-{run}", null, "worker");
            results.Add(await cluster.Coordinate(channel, Request("poison", Step("s", "worker"))));
        }

        Assert.Equal(3, calls);
        Assert.Equal(RunStatus.Failed, results[0].Status);
        Assert.All(results.Skip(1), result => Assert.Equal(RunStatus.Rejected, result.Status));
        var view = await Supervisor(cluster, "worker").Describe(null);
        Assert.Equal(BreakerStateKind.Closed, view.Breaker.State);
        Assert.Equal("s", Assert.Single(view.Quarantine).Step);
        var other = await cluster.Coordinate(await cluster.Channel("good", null, "worker"), Request("good", Step("s", "worker")));
        Assert.Equal(RunStatus.Completed, other.Status);
    }

    [Fact]
    public async Task A_capability_is_served_by_its_healthy_agents_and_no_more_than_half_are_left_out()
    {
        var served = new ConcurrentBag<string>();
        LocalAgent Member(string name, bool isBroken) => new(
            new(TenantId.Default, name),
            new() { Writes = ["out"], Capability = "search", MaxConcurrency = 8, QueueLimit = 100 },
            (_, _) =>
            {
                if (isBroken) throw new AgentFailureException("Broken.");
                served.Add(name);
                return Task.FromResult(Wrote("out"));
            });
        await using var cluster = await RosudCluster.Start(1, Member("a", isBroken: true), Member("b", isBroken: true), Member("c", isBroken: false), Member("d", isBroken: false));
        var results = new List<RunResult>();
        for (var run = 0; run < 60; run++)
        {
            var channel = await cluster.Channel($"group-{run}", null, "a", "b", "c", "d");
            results.Add(await cluster.Coordinate(channel, Request($"run {run}", new TaskStep { Id = "s", Capability = "search", Writes = ["out"] })));
        }

        Assert.All(results, result => Assert.Equal(RunStatus.Completed, result.Status));
        Assert.Equal(["c", "d"], served.Distinct().Order());
        Assert.True(results.Count(result => result.Attempts.Length == 1) > 40);   // The broken ones are asked first only now and then.
    }

    [Fact]
    public async Task Agents_of_one_dependency_are_held_together_when_one_is_throttled()
    {
        var throttled = AgentFailureException.Deferred(TimeSpan.FromSeconds(30));
        LocalAgent Member(string name, bool isThrottled) => new(
            new(TenantId.Default, name),
            new() { Writes = ["out"], Dependency = "model", MaxConcurrency = 8 },
            (_, _) => isThrottled ? throw throttled : Task.FromResult(Wrote("out")));
        await using var cluster = await RosudCluster.Start(2, Member("a", isThrottled: true), Member("b", isThrottled: false));
        var first = await cluster.Channel("first", null, "a");
        var second = await cluster.Channel("second", null, "b");
        Assert.Equal(RunStatus.Completed, (await cluster.Coordinate(second, Request("before", Step("s", "b")))).Status);

        var running = await RosudCluster.Accept(first, Request("throttled", Step("s", "a")));
        var view = await Held(cluster, "b");
        var refused = await cluster.Coordinate(second, Request("after", Step("s", "b")) with { Timeout = TimeSpan.FromSeconds(5) });

        Assert.Equal("model", view.Name);
        Assert.NotNull(view.HeldUntil);
        Assert.Equal(BreakerStateKind.Closed, view.State);
        Assert.Equal(RunStatus.Overloaded, refused.Status);
        Assert.Equal(0, (await Supervisor(cluster, "a").Describe(null)).Breaker.Calls);
        await cluster.Grains.GetGrain<IRunGrain>(running.Key).Cancel();
    }

    // The push to the other supervisor is under way: each look is a call behind it.
    private static async Task<DependencyView> Held(RosudCluster cluster, string agent)
    {
        for (var look = 0; look < 10_000; look++)
        {
            if ((await Supervisor(cluster, agent).Describe(null)).Dependency is { HeldUntil: not null } held) return held;
        }

        throw new InvalidOperationException("It was never told.");
    }

    private static ISupervisorGrain Supervisor(RosudCluster cluster, string agent) => cluster.Grains.GetGrain<ISupervisorGrain>(new AgentId(TenantId.Default, agent).Key);

    private static LocalAgent Broken(string name) => RosudCluster.Agent(name, ["in"], ["out"], (_, _) => throw new AgentFailureException("It does not work."));

    private static Completion Wrote(string key) => new() { Writes = [new(new(key), JsonValue.From(1))] };

    private static TaskStep Step(string id, string agent) => new() { Id = id, Agent = agent, Writes = ["out"] };

    private static CoordinateRequest Request(string goal, params TaskStep[] steps) => new()
    {
        Task = new() { Goal = goal, Outputs = ["out"], Steps = [.. steps] },
        TaskHash = ContentHash.Of(System.Text.Encoding.UTF8.GetBytes(goal)),
        Timeout = TimeSpan.FromSeconds(60),
    };
}
