using System.Collections.Concurrent;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Runs;

public sealed class RunGrainTests
{
    [Fact]
    public async Task A_chain_runs_only_what_its_outputs_need_and_returns_them()
    {
        var fired = new ConcurrentBag<string>();
        await using var cluster = await RosudCluster.Start(
            2, Echo("a", "in", "one", fired), Echo("b", "one", "two", fired), Echo("c", "two", "out", fired), Echo("d", "in", "aside", fired));
        var channel = await Prepared(cluster, "chain", "a", "b", "c", "d");

        var result = await cluster.Coordinate(channel, Request("out", Step("s1", "a", "in", "one"), Step("s2", "b", "one", "two"), Step("s3", "c", "two", "out"), Step("s4", "d", "in", "aside")));

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal("\"in>a>b>c\"", result.Outputs.Single(output => output.Key.Value == "out").Value.ToString());
        Assert.Equal(["a", "b", "c"], fired.Order());
        Assert.Equal(new RunAgents(4, 3, 3, 3), result.Agents);
        Assert.All(result.Attempts, attempt => Assert.Equal(AttemptOutcome.Accepted, attempt.Outcome));
        Assert.InRange(result.OverheadPartsMs.Values.Sum() - result.CoordinationOverheadMs, -1, 1);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(200, true)]
    [InlineData(200, false)]   // Each agent of the channel is a step, with its contract's reads.
    public async Task C12_An_attempt_whose_reads_change_is_stopped_and_done_again_with_the_new_value(int thresholdMs, bool hasSteps)
    {
        var first = new AgentGate();
        var attempts = 0;
        await using var cluster = await RosudCluster.Start(2, RosudCluster.Agent("a", ["in"], ["out"], async (work, stopped) =>
        {
            if (Interlocked.Increment(ref attempts) == 1) await first.Hold(stopped);
            return Write("out", Read(work, "in"));
        }));
        var channel = await Prepared(cluster, "stale", new ContextSync { StalenessThreshold = TimeSpan.FromMilliseconds(thresholdMs) }, "a");
        var request = Request("out", Step("s", "a", "in", "out"));
        if (!hasSteps) request = request with { Task = request.Task with { Steps = null } };

        var running = cluster.Coordinate(channel, request);
        await first.Entered;
        await channel.Commit(Patch("in", "changed"));
        await first.Stopped;
        var result = await running;

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal("\"changed\"", result.Outputs.Single().Value.ToString());
        Assert.Equal([AttemptOutcome.Stale, AttemptOutcome.Accepted], result.Attempts.Select(attempt => attempt.Outcome));
        Assert.Equal(1, result.RetriesByCause["stale"]);
    }

    [Fact]
    public async Task A_change_to_the_equal_value_disturbs_nobody()
    {
        var first = new AgentGate();
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], async (work, stopped) =>
        {
            await first.Hold(stopped);
            return Write("out", Read(work, "in"));
        }));
        var channel = await Prepared(cluster, "equal", new ContextSync { StalenessThreshold = TimeSpan.Zero }, "a");

        var running = cluster.Coordinate(channel, Request("out", Step("s", "a", "in", "out")));
        await first.Entered;
        await channel.Commit(Patch("in", "in"));
        first.Open();
        var result = await running;

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Single(result.Attempts);
        Assert.DoesNotContain(result.StaleContextEvents, kind => kind.Value > 0);
    }

    [Fact]
    public async Task An_early_key_starts_its_readers_but_holds_their_commit_until_it_is_accepted()
    {
        var rest = new AgentGate();
        var readerDone = new AgentGate();
        await using var cluster = await RosudCluster.Start(
            2,
            RosudCluster.Agent("planner", ["in"], ["plan.*"], async (work, stopped) =>
            {
                await work.Publish([new(new("plan.scope"), JsonValue.From("narrow"))]);
                await rest.Hold(stopped);
                return new() { Writes = [new(new("plan.scope"), JsonValue.From("narrow")), new(new("plan.rest"), JsonValue.From(1))] };
            }),
            RosudCluster.Agent("reader", ["plan.*"], ["out"], (work, _) =>
            {
                readerDone.Enter();
                return Task.FromResult(Write("out", Read(work, "plan.scope")));
            }));
        var channel = await Prepared(cluster, "early", "planner", "reader");

        var running = cluster.Coordinate(channel, Request("out", Step("plan", "planner", "in", "plan.*"), Step("read", "reader", "plan.scope", "out")));
        await rest.Entered;
        await readerDone.Entered;
        Assert.DoesNotContain("out", await Keys(channel));
        rest.Open();
        var result = await running;

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal("\"narrow\"", result.Outputs.Single().Value.ToString());
        Assert.Equal(2, result.Attempts.Length);
    }

    [Fact]
    public async Task An_early_key_that_somebody_deleted_does_not_come_back_when_the_run_ends()
    {
        var rest = new AgentGate();
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("planner", ["in"], ["plan"], async (work, stopped) =>
        {
            await work.Publish([new(new("plan"), JsonValue.From("early"))]);
            await rest.Hold(stopped);
            return new();
        }));
        var channel = await Prepared(cluster, "withdrawn", "planner");
        await channel.Commit(Patch("plan", "before"));
        var run = await RosudCluster.Accept(channel, Request("plan", Step("s", "planner", "in", "plan")));
        await rest.Entered;

        Assert.IsType<PatchOutcome.Applied>(await channel.Commit(new() { Writes = [new(new("plan"), null)], Origin = new("somebody") }));
        await cluster.Grains.GetGrain<IRunGrain>(run.Key).Cancel();

        Assert.DoesNotContain("plan", await Keys(channel));
    }

    [Fact]
    public async Task R14_A_run_ends_at_its_deadline_though_its_agent_ignores_it_and_what_comes_late_is_fenced()
    {
        var never = new AgentGate();
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], async (work, _) =>
        {
            await never.Hold(CancellationToken.None);
            return Write("out", "late");
        }));
        var channel = await Prepared(cluster, "deadline", "a");

        var result = await cluster.Coordinate(channel, Request("out", Step("s", "a", "in", "out")) with { Timeout = TimeSpan.FromMilliseconds(200) });
        never.Open();

        Assert.Equal(RunStatus.DeadlineExceeded, result.Status);
        Assert.DoesNotContain("out", await Keys(channel));
    }

    [Fact]
    public async Task R8_The_same_task_id_joins_and_another_task_under_it_is_refused()
    {
        var gate = new AgentGate();
        await using var cluster = await RosudCluster.Start(2, RosudCluster.Agent("a", ["in"], ["out"], async (work, stopped) =>
        {
            await gate.Hold(stopped);
            return Write("out", "x");
        }));
        var channel = await Prepared(cluster, "join", "a");
        var request = Request("out", Step("s", "a", "in", "out"));
        request = request with { Task = request.Task with { Id = "once" }, TaskHash = ContentHash.Of("one"u8) };

        var first = Assert.IsType<CoordinateOutcome.Accepted>(await channel.Coordinate(request, null));
        await gate.Entered;
        var second = Assert.IsType<CoordinateOutcome.Accepted>(await channel.Coordinate(request, null));
        var other = await channel.Coordinate(request with { TaskHash = ContentHash.Of("two"u8) }, null);
        gate.Open();
        var result = await cluster.End(first.Run);
        var third = Assert.IsType<CoordinateOutcome.Accepted>(await channel.Coordinate(request, null));

        Assert.Equal((first.Run, true), (second.Run, second.Joined));
        Assert.Equal(first.Run, third.Run);
        Assert.Equal(ProblemKind.IdempotencyMismatch, Assert.IsType<CoordinateOutcome.Refused>(other).Problem.Kind);
        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal(1, gate.Entries);
    }

    [Fact]
    public async Task R11_A_task_that_breaks_its_contract_makes_no_run_and_hears_every_breach()
    {
        await using var cluster = await RosudCluster.Start(1, Echo("a", "in", "out", []));
        var channel = await Prepared(cluster, "contract", "a");

        var outcome = await channel.Coordinate(
            Request("out", Step("s1", "nobody", "in", "x"), Step("s2", "a", "missing", "out"), Step("s3", "a", "in", "outside")), null);

        var problem = Assert.IsType<CoordinateOutcome.Refused>(outcome).Problem;
        Assert.Equal(ProblemKind.ContractRejected, problem.Kind);
        Assert.Contains(problem.Errors, error => error is { Code: "unknown_agent", Pointer: "/task/steps/0/agent" });
        Assert.Contains(problem.Errors, error => error.Code == "missing_read");
        Assert.Contains(problem.Errors, error => error.Code == "outside_contract");
        Assert.Empty(await channel.Runs(null, 10, null));
    }

    [Fact]
    public async Task A_failure_is_tried_again_and_the_default_stands_in_when_it_stays()
    {
        var attempts = 0;
        await using var cluster = await RosudCluster.Start(
            1, RosudCluster.Agent("flaky", ["in"], ["out"], (work, _) => Interlocked.Increment(ref attempts) < 2
                ? throw new InvalidOperationException("not yet")
                : Task.FromResult(Write("out", "good"))),
            RosudCluster.Agent("broken", ["in"], ["other"], (_, _) => throw new InvalidOperationException("never")));
        var channel = await Prepared(cluster, "flaky", "flaky", "broken");
        var given = new OnFailure(OnFailureKind.Default, [new(new("other"), JsonValue.From("instead"))]);

        var result = await cluster.Coordinate(channel, Request("*", Step("s1", "flaky", "in", "out"), Step("s2", "broken", "in", "other") with { OnFailure = given }));

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal(["\"instead\"", "\"good\""], result.Outputs.Select(output => output.Value.ToString()));
        Assert.True(result.RetriesByCause["failure"] >= 1);
        Assert.Contains(result.Attempts, attempt => attempt is { Step: "s1", Outcome: AttemptOutcome.Failure, Reason: not null });
    }

    [Theory, InlineData("run"), InlineData("channel"), InlineData("supervisor")]
    public async Task A_run_ends_although_the_silo_of_one_of_its_actors_is_killed_in_the_middle(string killed)
    {
        var gate = new AgentGate();
        var fired = new ConcurrentBag<string>();
        await using var cluster = await RosudCluster.Start(
            3,
            Echo("a", "in", "one", fired),
            RosudCluster.Agent("b", ["one"], ["out"], async (work, stopped) =>
            {
                await gate.Hold(stopped);
                return Write("out", Read(work, "one") + ">b");
            }));
        var channel = await Prepared(cluster, "mortal", "a", "b");
        var run = await RosudCluster.Accept(channel, Request("out", Step("s1", "a", "in", "one"), Step("s2", "b", "one", "out")));
        await gate.Entered;

        IGrain victim = killed switch
        {
            "run" => cluster.Grains.GetGrain<IRunGrain>(run.Key),
            "channel" => channel,
            _ => cluster.Grains.GetGrain<Supervision.ISupervisorGrain>(new AgentId(TenantId.Default, "b").Key),
        };
        await cluster.Silos.KillSiloAsync(await cluster.SiloOf(victim));
        gate.Open();
        var result = await cluster.End(run);

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal("\"in>a>b\"", result.Outputs.Single().Value.ToString());
        Assert.Single(fired);
    }

    [Fact]
    public async Task Cancel_ends_the_run_and_tells_its_agents()
    {
        var gate = new AgentGate();
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], async (work, stopped) =>
        {
            await gate.Hold(stopped);
            return Write("out", "x");
        }));
        var channel = await Prepared(cluster, "cancel", "a");
        var run = await RosudCluster.Accept(channel, Request("out", Step("s", "a", "in", "out")));
        await gate.Entered;

        var outcome = Assert.IsType<RunOutcome.Found>(await cluster.Grains.GetGrain<IRunGrain>(run.Key).Cancel());

        Assert.Equal(RunStatus.Canceled, outcome.Result.Status);
        await gate.Stopped;
        Assert.DoesNotContain("out", await Keys(channel));
    }

    private static LocalAgent Echo(string name, string read, string write, ConcurrentBag<string> fired) => RosudCluster.Agent(name, [read], [write], (work, _) =>
    {
        fired.Add(name);
        return Task.FromResult(Write(write, $"{Read(work, read)}>{name}"));
    });

    private static Task<IChannelGrain> Prepared(RosudCluster cluster, string name, params string[] agents) => Prepared(cluster, name, null, agents);

    private static async Task<IChannelGrain> Prepared(RosudCluster cluster, string name, ContextSync? sync, params string[] agents)
    {
        var channel = await cluster.Channel(name, sync, agents);
        Assert.IsType<PatchOutcome.Applied>(await channel.Commit(Patch("in", "in")));
        return channel;
    }

    private static ContextPatch Patch(string key, string value) => new() { Writes = [new(new(key), JsonValue.From(value))], Origin = new("test") };

    private static CoordinateRequest Request(string outputs, params TaskStep[] steps) => new()
    {
        Task = new() { Goal = "test", Outputs = [new(outputs)], Steps = [.. steps] },
        TaskHash = ContentHash.Of("task"u8),
        Timeout = TimeSpan.FromSeconds(60),
    };

    private static TaskStep Step(string id, string agent, string read, string write) => new() { Id = id, Agent = agent, Reads = [new(new(read))], Writes = [new(write)] };

    private static Completion Write(string key, string value) => new() { Writes = [new(new(key), JsonValue.From(value))] };

    private static string Read(IAgentWork work, string key) => work.Assignment.Context.Entries.Single(entry => entry.Key.Value == key).Value.As<string>()!;

    private static async Task<string[]> Keys(IChannelGrain channel) =>
        [.. Assert.IsType<ReadOutcome.Found>(await channel.Read(new())).View.Entries.Select(entry => entry.Key.Value)];
}
