using System.Collections.Concurrent;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>SEMANTICS R15: a verifier is work, and nothing of its step is committed before it accepted.</summary>
public sealed class VerifierTests
{
    [Fact]
    public async Task R15_a_verifier_sees_the_writes_before_they_are_committed_and_counts_in_attempts_cost_and_needed()
    {
        var seen = new ConcurrentQueue<(ProposedWork Proposed, bool Committed)>();
        IChannelGrain channel = null!;
        await using var cluster = await RosudCluster.Start(2, Producer(), RosudCluster.Agent("judge", ["in"], [], async (work, _) =>
        {
            var view = Assert.IsType<ReadOutcome.Found>(await channel.Read(new())).View;
            seen.Enqueue((work.Assignment.Proposed!, view.Entries.Any(entry => entry.Key.Value == "out")));
            Assert.Equal("in", RunExamples.Read(work, "in"));
            return Verdict(true) with { Usage = new(10, 5, 0.25m) };
        }));
        channel = await RunExamples.Prepared(cluster, "verified", "a", "judge");

        var result = await cluster.Coordinate(channel, RunExamples.Request("out", Step()));

        Assert.Equal(RunStatus.Completed, result.Status);
        var (proposed, committed) = Assert.Single(seen);
        Assert.False(committed);
        Assert.Equal(("s", "a", 1, "\"draft 1\""), (proposed.Step, proposed.Agent, proposed.Attempt, proposed.Writes.Single().Value!.ToString()));
        Assert.Equal([("s.verify", "judge"), ("s", "a")], result.Attempts.Select(attempt => (attempt.Step, attempt.Agent)));
        Assert.All(result.Attempts, attempt => Assert.Equal(AttemptOutcome.Accepted, attempt.Outcome));
        Assert.Equal(new RunAgents(2, 2, 2, 2), result.Agents);
        Assert.Equal((0.25m, 15L), (result.CostUsd, result.WorkTokens));
        Assert.Contains(result.CriticalPath, part => part is { Kind: "work", Step: "s.verify", Agent: "judge" });
        Assert.InRange(result.WallMs - result.CriticalPath.Sum(part => part.Ms), -1, 1);
    }

    [Fact]
    public async Task R15_refused_work_is_retried_with_the_reason_and_counts_in_the_producers_breaker()
    {
        var feedback = new ConcurrentQueue<string?>();
        var judged = 0;
        await using var cluster = await RosudCluster.Start(2, Producer(feedback), Judge(_ => Verdict(Interlocked.Increment(ref judged) == 2, "too short")));
        var channel = await RunExamples.Prepared(cluster, "refused", "a", "judge");

        var result = await cluster.Coordinate(channel, RunExamples.Request("out", Step()));
        var supervisor = await cluster.Grains.GetGrain<Supervision.ISupervisorGrain>(new AgentId(TenantId.Default, "a").Key).Describe(null);

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal("\"draft 2\"", result.Outputs.Single().Value.ToString());
        Assert.Equal([null, "too short"], feedback);
        Assert.Equal(1, result.RetriesByCause["acceptance"]);
        Assert.Equal(
            [("s.verify", AttemptOutcome.Accepted), ("s", AttemptOutcome.Rejected), ("s.verify", AttemptOutcome.Accepted), ("s", AttemptOutcome.Accepted)],
            result.Attempts.Select(attempt => (attempt.Step, attempt.Outcome)));
        Assert.True(supervisor.Breaker.FailureRate > 0, "The refused attempt counts as a failure.");
    }

    [Fact]
    public async Task R15_work_that_is_refused_to_the_end_is_never_committed_and_what_depends_on_it_never_starts()
    {
        await using var cluster = await RosudCluster.Start(
            2, Producer(), Judge(_ => Verdict(false, "no")), RosudCluster.Agent("b", ["out"], ["more"], (work, _) => Task.FromResult(RunExamples.Write("more", "x"))));
        var channel = await RunExamples.Prepared(cluster, "never", "a", "b", "judge");

        var result = await cluster.Coordinate(channel, RunExamples.Request("more", Step(), RunExamples.Step("t", "b", "out", "more")));

        Assert.Equal(RunStatus.AcceptanceFailed, result.Status);
        Assert.DoesNotContain(Assert.IsType<ReadOutcome.Found>(await channel.Read(new())).View.Entries, entry => entry.Key.Value is "out" or "more");
        Assert.Equal((1, 3), (result.CascadePrevented, result.RetriesByCause["acceptance"]));
    }

    [Fact]
    public async Task R15_a_verifier_that_fails_is_tried_again_and_one_that_keeps_failing_leaves_the_work_unaccepted()
    {
        var calls = 0;
        await using var cluster = await RosudCluster.Start(2, Producer(), Judge(_ => Interlocked.Increment(ref calls) == 1 ? throw new InvalidOperationException("down") : new() { Output = JsonValue.From("fine") }));
        var channel = await RunExamples.Prepared(cluster, "failing", "a", "judge");

        var result = await cluster.Coordinate(channel, RunExamples.Request("out", Step()));
        var producer = await cluster.Grains.GetGrain<Supervision.ISupervisorGrain>(new AgentId(TenantId.Default, "a").Key).Describe(null);

        Assert.Equal(RunStatus.AcceptanceFailed, result.Status);
        Assert.Equal([AttemptOutcome.Failure, AttemptOutcome.Rejected, AttemptOutcome.Rejected], result.Attempts.Where(attempt => attempt.Step == "s.verify").Select(attempt => attempt.Outcome));
        Assert.Equal(1, result.Attempts.Count(attempt => attempt.Step == "s"));
        Assert.Equal(0, producer.Breaker.FailureRate);
    }

    [Fact]
    public async Task A_step_with_a_verifier_cannot_publish_early()
    {
        var refused = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], async (work, _) =>
        {
            var fault = await Assert.ThrowsAnyAsync<Exception>(() => work.Publish([new(new("out"), JsonValue.From("early"))]));
            refused.TrySetResult(fault.Message);
            return RunExamples.Write("out", "x");
        }), Judge(_ => Verdict(true)));
        var channel = await RunExamples.Prepared(cluster, "early", "a", "judge");

        var result = await cluster.Coordinate(channel, RunExamples.Request("out", Step()));

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Contains("verifier", await refused.Task);
    }

    [Fact]
    public async Task A_run_whose_driver_is_killed_while_a_verifier_judges_is_judged_again_and_ends()
    {
        var gate = new AgentGate();
        await using var cluster = await RosudCluster.Start(3, Producer(), RosudCluster.Agent("judge", ["in"], [], async (_, stopped) =>
        {
            await gate.Hold(stopped);
            return Verdict(true);
        }));
        var channel = await RunExamples.Prepared(cluster, "killed", "a", "judge");
        var run = await RosudCluster.Accept(channel, RunExamples.Request("out", Step()));
        await gate.Entered;

        await cluster.Silos.KillSiloAsync(await cluster.SiloOf(run.Grain(cluster)));
        gate.Open();
        var result = await cluster.End(run);

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Contains(result.Attempts, attempt => attempt is { Step: "s.verify", Outcome: AttemptOutcome.Accepted });
    }

    private static LocalAgent Producer(ConcurrentQueue<string?>? feedback = null)
    {
        var attempts = 0;
        return RosudCluster.Agent("a", ["in"], ["out"], (work, _) =>
        {
            feedback?.Enqueue(work.Assignment.Feedback);
            return Task.FromResult(RunExamples.Write("out", $"draft {Interlocked.Increment(ref attempts)}"));
        });
    }

    private static LocalAgent Judge(Func<IAgentWork, Completion> judge) => RosudCluster.Agent("judge", ["in"], [], (work, _) => Task.FromResult(judge(work)));

    private static Completion Verdict(bool accepted, string? reason = null) => new() { Output = JsonValue.From(new { accepted, reason = reason ?? "" }) };

    private static TaskStep Step() => RunExamples.Step("s", "a", "in", "out") with { Acceptance = [new() { Verifier = "judge" }] };
}
