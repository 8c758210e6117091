using System.Collections.Concurrent;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>SEMANTICS R9: an effect is keyed by run, step and name, and its receipt names what it was made on.</summary>
public sealed class EffectTests
{
    [Fact]
    public async Task R9_an_attempt_that_failed_after_its_effect_leaves_the_receipt_to_the_next()
    {
        var outside = new Outside();
        var attempts = 0;
        await using var cluster = await RosudCluster.Start(2, RosudCluster.Agent("a", ["in"], ["out"], async (work, _) =>
        {
            var effect = await work.Effect("charge", key => outside.Do(key));
            if (Interlocked.Increment(ref attempts) == 1) throw new InvalidOperationException("after the effect");
            return RunExamples.Write("out", effect.Receipt!.As<string>()!);
        }));
        var channel = await RunExamples.Prepared(cluster, "receipt", "a");

        var result = await cluster.Coordinate(channel, RunExamples.Request("out", RunExamples.Step("s", "a", "in", "out")));

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal("\"receipt 1\"", result.Outputs.Single().Value.ToString());
        Assert.Equal(1, outside.Calls);
        var effect = Assert.Single(result.Effects);
        Assert.Equal((EffectState.Done, 1, 1), (effect.State, effect.Attempt, effect.DoneBy!.Value));
        Assert.Equal(("in", 1L), (effect.Reads.Single().Key.Value, effect.ReadVersion.Number));
    }

    [Fact]
    public async Task R9_an_attempt_lost_between_effect_and_receipt_is_done_again_under_the_same_key_so_the_outside_does_it_once()
    {
        var outside = new Outside();
        var attempts = 0;
        await using var cluster = await RosudCluster.Start(2, RosudCluster.Agent("a", ["in"], ["out"], async (work, _) =>
        {
            var effect = await work.Effect("charge", async key =>
            {
                var receipt = await outside.Do(key);
                if (Interlocked.Increment(ref attempts) == 1) throw new InvalidOperationException("before the receipt");
                return receipt;
            });
            return RunExamples.Write("out", effect.Receipt!.As<string>()!);
        }));
        var channel = await RunExamples.Prepared(cluster, "lost", "a");

        var result = await cluster.Coordinate(channel, RunExamples.Request("out", RunExamples.Step("s", "a", "in", "out")));

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal((2, 1), (outside.Calls, outside.Done));
        Assert.Equal((1, 2), (result.Effects.Single().Attempt, result.Effects.Single().DoneBy!.Value));
    }

    [Fact]
    public async Task R9_after_a_stale_retry_the_receipt_still_names_the_versions_that_it_was_made_on()
    {
        var outside = new Outside();
        var first = new AgentGate();
        var handed = new ConcurrentQueue<(string Key, Effect Effect)>();
        await using var cluster = await RosudCluster.Start(2, RosudCluster.Agent("a", ["in"], ["out"], async (work, stopped) =>
        {
            var effect = await work.Effect("charge", key => outside.Do(key));
            handed.Enqueue((work.Assignment.IdempotencyKey, effect));
            if (handed.Count == 1) await first.Hold(stopped);
            return RunExamples.Write("out", "x");
        }));
        var channel = await RunExamples.Prepared(cluster, "versions", new ContextSync { StalenessThreshold = TimeSpan.Zero }, "a");

        var running = cluster.Coordinate(channel, RunExamples.Request("out", RunExamples.Step("s", "a", "in", "out")));
        await first.Entered;
        await channel.Commit(RunExamples.Patch("in", "999"));
        var result = await running;

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal(1, outside.Calls);
        var (before, after) = (handed.First(), handed.Last());
        Assert.NotEqual(before.Key, after.Key);   // R9: another view is another assignment key ...
        Assert.Equal(before.Effect.IdempotencyKey, after.Effect.IdempotencyKey);   // ... and the same effect.
        Assert.Equal(1, after.Effect.Reads.Single().Version.Number);
    }

    [Fact]
    public async Task An_old_attempt_can_neither_claim_nor_leave_a_receipt()
    {
        var hold = new AgentGate();
        var ids = new ConcurrentQueue<AssignmentId>();
        await using var cluster = await RosudCluster.Start(2, RosudCluster.Agent("a", ["in"], ["out"], async (work, stopped) =>
        {
            ids.Enqueue(work.Assignment.Id);
            if (ids.Count == 1) throw new InvalidOperationException("once");
            await hold.Hold(stopped);
            return RunExamples.Write("out", "x");
        }));
        var channel = await RunExamples.Prepared(cluster, "old", "a");
        var running = cluster.Coordinate(channel, RunExamples.Request("out", RunExamples.Step("s", "a", "in", "out")));
        await hold.Entered;
        var supervisor = cluster.Grains.GetGrain<Supervision.ISupervisorGrain>(new AgentId(TenantId.Default, "a").Key);

        var old = await supervisor.Effect(ids.First(), new("charge", JsonValue.From(1)));
        var claimed = await supervisor.Effect(ids.Last(), new("charge"));
        var again = await supervisor.Effect(ids.Last(), new("charge"));
        hold.Open();

        Assert.Equal(ProblemKind.Fenced, Assert.IsType<SettleOutcome.Refused>(old).Problem.Kind);
        Assert.True(Assert.IsType<SettleOutcome.EffectKnown>(claimed).Made);
        Assert.False(Assert.IsType<SettleOutcome.EffectKnown>(again).Made);
        Assert.Equal(RunStatus.Completed, (await running).Status);
    }

    [Fact]
    public async Task A_step_that_declares_its_effects_may_claim_no_other()
    {
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], async (work, _) =>
        {
            await work.Effect("refund", _ => Task.FromResult(JsonValue.Null));
            return RunExamples.Write("out", "x");
        }));
        var channel = await RunExamples.Prepared(cluster, "declared", "a");

        var result = await cluster.Coordinate(channel, RunExamples.Request("out", RunExamples.Step("s", "a", "in", "out") with { Effects = ["charge"] }));

        Assert.Equal(RunStatus.Failed, result.Status);
        Assert.Contains("did not declare", result.Attempts[0].Reason);
        Assert.Empty(result.Effects);
    }

    [Theory, InlineData("run"), InlineData("channel"), InlineData("supervisor")]
    public async Task A_receipt_survives_the_silo_of_one_of_its_actors(string killed)
    {
        var outside = new Outside();
        var gate = new AgentGate();
        var attempts = 0;
        await using var cluster = await RosudCluster.Start(3, RosudCluster.Agent("a", ["in"], ["out"], async (work, stopped) =>
        {
            var effect = await work.Effect("charge", key => outside.Do(key));
            if (Interlocked.Increment(ref attempts) == 1)
            {
                await gate.Hold(stopped);
                throw new InvalidOperationException("after the crash");
            }

            return RunExamples.Write("out", effect.Receipt!.As<string>()!);
        }));
        var channel = await RunExamples.Prepared(cluster, "kept", "a");
        var run = await RosudCluster.Accept(channel, RunExamples.Request("out", RunExamples.Step("s", "a", "in", "out")));
        await gate.Entered;

        IGrain victim = killed switch
        {
            "run" => cluster.Grains.GetGrain<IRunGrain>(run.Key),
            "channel" => channel,
            _ => cluster.Grains.GetGrain<Supervision.ISupervisorGrain>(new AgentId(TenantId.Default, "a").Key),
        };
        await cluster.Silos.KillSiloAsync(await cluster.SiloOf(victim));
        gate.Open();
        var result = await cluster.End(run);

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal(1, outside.Done);
        Assert.Equal("\"receipt 1\"", result.Outputs.Single().Value.ToString());
    }

    // Somebody who honours idempotency keys, as payment services do.
    private sealed class Outside
    {
        private readonly ConcurrentDictionary<string, JsonValue> _done = new();
        private int _calls;

        public int Calls => _calls;

        public int Done => _done.Count;

        public Task<JsonValue> Do(string key)
        {
            Interlocked.Increment(ref _calls);
            return Task.FromResult(_done.GetOrAdd(key, _ => JsonValue.From($"receipt {_done.Count + 1}")));
        }
    }
}
