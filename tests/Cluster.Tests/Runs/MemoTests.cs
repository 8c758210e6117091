using System.Collections.Concurrent;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Context;
using static Rosud.Runs.RunWords;

namespace Rosud.Runs;

/// <summary>SEMANTICS R7 in a cluster, and what running attempts and late answers leave.</summary>
public sealed class MemoTests
{
    [Fact]
    public async Task R7_An_unchanged_rerun_fires_nobody_also_after_the_channel_was_recovered()
    {
        var fired = new ConcurrentQueue<string>();
        await using var cluster = await RosudCluster.Start(2, Remembering("a", "in", "one", fired), Remembering("b", "one", "out", fired));
        var channel = await Prepared(cluster, "memo", null, "a", "b");
        var request = Request("out", Step("s1", "a", "in", "one"), Step("s2", "b", "one", "out"));
        var first = await cluster.Coordinate(channel, request);
        var version = (await Entry(channel, "out"))!.Version;

        await cluster.Silos.KillSiloAsync(await cluster.SiloOf(channel));
        var again = await cluster.End(await RosudCluster.Accept(channel, request));

        Assert.Equal(["a", "b"], fired);
        Assert.Equal((RunStatus.Completed, 0, 2, 2), (again.Status, again.Agents.Fired, again.Agents.Needed, again.MemoHits));
        Assert.Equal(first.Outputs.Single().Value, again.Outputs.Single().Value);
        Assert.Equal(version, (await Entry(channel, "out"))!.Version);
        Assert.Equal(["s1", "s2"], again.Timeline.Where(happened => happened.Kind == "memo").Select(happened => happened.Step));

        await Put(channel, "in", "other");
        var changed = await cluster.Coordinate(channel, request);
        Assert.Equal((2, "\"other>a>b\""), (changed.Agents.Fired, changed.Outputs.Single().Value.ToString()));
    }

    [Fact]
    public async Task R7_Verified_work_is_remembered_with_its_verdict_until_its_verifier_changes()
    {
        var fired = new ConcurrentQueue<string>();
        var judge = RosudCluster.Agent("judge", ["in"], [], (_, _) =>
        {
            fired.Enqueue("judge");
            return Task.FromResult(new Completion { Output = JsonValue.From(new { accepted = true, reason = "" }) });
        });
        await using var cluster = await RosudCluster.Start(1, Remembering("a", "in", "out", fired), judge);
        var channel = await Prepared(cluster, "verified", null, "a", "judge");
        var request = Request("out", Step("s", "a", "in", "out") with { Acceptance = [new() { Verifier = "judge" }] });
        var first = await cluster.Coordinate(channel, request);

        var again = await cluster.Coordinate(channel, request);

        Assert.Equal(["a", "judge"], fired);
        Assert.Equal((RunStatus.Completed, 0, 1), (again.Status, again.Agents.Fired, again.MemoHits));
        Assert.Equal(first.Outputs.Single().Value, again.Outputs.Single().Value);

        var registration = cluster.Grains.GetGrain<IAgentGrain>(judge.Id.Key);
        var known = Assert.IsType<AgentOutcome.Found>(await registration.Describe()).Agent.Spec;
        Assert.IsType<AgentOutcome.Found>(await registration.Register(known with { Description = "Judges otherwise now." }));
        await cluster.Coordinate(channel, request);
        Assert.Equal(["a", "judge", "a", "judge"], fired);
    }

    [Fact]
    public async Task R13_A_running_attempt_takes_in_what_changed_and_commits_on_the_new_version()
    {
        var entered = new AgentGate();
        await using var cluster = await RosudCluster.Start(2, Rebasing("a", async (work, stopped) =>
        {
            entered.Enter();
            await work.WhenChanged(stopped);
            Assert.Equal(["in"], work.Rebase().Select(key => key.Value));
            return Write("out", Read(work.Context, "in"));
        }));
        var channel = await Prepared(cluster, "rebase", new ContextSync { StalenessThreshold = TimeSpan.Zero }, "a");
        var running = cluster.Coordinate(channel, Request("out", Step("s", "a", "in", "out")) with { OnStaleContext = OnStaleContext.Rebase });
        await entered.Entered;

        await Put(channel, "in", "new");
        var result = await running;

        Assert.Equal((RunStatus.Completed, "\"new\""), (result.Status, result.Outputs.Single().Value.ToString()));
        var attempt = Assert.Single(result.Attempts);
        Assert.Equal((await Entry(channel, "in"))!.Version, attempt.ReadVersion);
        Assert.Empty(result.RetriesByCause);
    }

    [Fact]
    public async Task R13_Flag_commits_on_what_was_stale_and_says_so_in_the_entry()
    {
        var gate = new AgentGate();
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], async (work, stopped) =>
        {
            await gate.Hold(stopped);
            return Write("out", Read(work.Context, "in"));
        }));
        var channel = await Prepared(cluster, "flag", new ContextSync { StalenessThreshold = TimeSpan.Zero }, "a");
        var running = cluster.Coordinate(channel, Request("out", Step("s", "a", "in", "out")) with { OnStaleContext = OnStaleContext.Flag });
        await gate.Entered;
        await Put(channel, "in", "new");
        gate.Open();

        Assert.Equal(RunStatus.Completed, (await running).Status);
        Assert.True((await Entry(channel, "out"))!.Stale);
    }

    [Fact]
    public async Task A_result_that_comes_after_the_end_is_fenced_and_kept_with_the_result()
    {
        var gate = new AgentGate();
        var told = new TaskCompletionSource<SettleOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        var grains = default(IGrainFactory);
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], async (work, _) =>
        {
            await gate.Hold(CancellationToken.None);
            var supervisor = grains!.GetGrain<Supervision.ISupervisorGrain>(work.Assignment.Id.Agent.Key);
            told.TrySetResult(await supervisor.Complete(work.Assignment.Id, Write("out", "late") with { Usage = new(7, 3) }));
            return new();
        }));
        grains = cluster.Grains;
        var channel = await Prepared(cluster, "late", null, "a");
        var result = await cluster.Coordinate(channel, Request("out", Step("s", "a", "in", "out")) with { Timeout = TimeSpan.FromMilliseconds(200) });
        Assert.Equal(RunStatus.DeadlineExceeded, result.Status);

        gate.Open();

        Assert.IsType<SettleOutcome.Refused>(await told.Task);
        var run = cluster.Grains.GetGrain<IRunGrain>(result.Run.Key);
        var late = default(RunResult);
        for (var look = 0; look < 1_000 && late is not { LateResults.Length: 1 }; look++) late = ((RunOutcome.Found)await run.Describe()).Result;
        Assert.Equal(("s", "out", 10L), (late!.LateResults.Single().Step, late.LateResults.Single().LateWrites.Single().Key.Value, late.WorkTokens));
        Assert.Null(await Entry(channel, "out"));
    }

    private static LocalAgent Remembering(string name, string read, string write, ConcurrentQueue<string> fired)
    {
        var agent = RosudCluster.Agent(name, [read], [write], (work, _) =>
        {
            fired.Enqueue(name);
            return Task.FromResult(Write(write, $"{Read(work.Context, read)}>{name}"));
        });
        return agent with { Spec = agent.Spec! with { Memo = true } };
    }

    private static LocalAgent Rebasing(string name, AgentHandler handler)
    {
        var agent = RosudCluster.Agent(name, ["in"], ["out"], handler);
        return agent with { Spec = agent.Spec! with { Rebase = true } };
    }
}
