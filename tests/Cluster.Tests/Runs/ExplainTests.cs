using Rosud.Agents;
using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>Five seeded incidents, each explained by its true cause: real grains, and nothing but the run's result to explain it from.</summary>
public sealed class ExplainTests
{
    [Fact]
    public async Task A_rewritten_price_is_named_as_what_went_wrong_and_where_to_see_who_did_it()
    {
        var first = new AgentGate();
        var attempts = 0;
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], async (_, stopped) =>
        {
            if (Interlocked.Increment(ref attempts) == 1) await first.Hold(stopped);
            return Done();
        }));
        var channel = await Prepared(cluster, TimeSpan.Zero);

        var running = cluster.Coordinate(channel, Request());
        await first.Entered;
        await channel.Commit(Patch("changed"));
        var explained = RunExplanation.Of(await running);

        var wrong = Assert.Single(explained.WhyWrong);
        Assert.Equal("in changed at version 2 while a worked on step s with what was there before (it had read version 1): attempt 1 did not count.", wrong.Sentence);
        Assert.Equal("/v1/channels/work/blame?key=in", wrong.Evidence);
        Assert.Equal("It ended because everything that was wanted was accepted.", Assert.Single(explained.WhyStopped).Sentence);
    }

    [Fact]
    public async Task An_agent_that_does_not_answer_is_named_as_what_the_deadline_found_at_work()
    {
        var hangs = new AgentGate();
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], async (_, stopped) =>
        {
            await hangs.Hold(stopped);
            return Done();
        }));

        var explained = RunExplanation.Of(await cluster.Coordinate(await Prepared(cluster), Request() with { Timeout = TimeSpan.FromSeconds(2) }));

        Assert.Equal(RunStatus.DeadlineExceeded, explained.Status);
        Assert.StartsWith("Its deadline ended it after ", explained.WhyStopped[0].Sentence, StringComparison.Ordinal);
        Assert.StartsWith("a was still at work on step s, for ", explained.WhyStopped[1].Sentence, StringComparison.Ordinal);
        Assert.EndsWith("#/attempts/0", explained.WhyStopped[1].Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_fails_for_good_is_named_with_its_own_words()
    {
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], (_, _) => throw new AgentFailureException("The ledger is closed.", retryable: false)));

        var explained = RunExplanation.Of(await cluster.Coordinate(await Prepared(cluster), Request()));

        Assert.Equal(RunStatus.Failed, explained.Status);
        Assert.Contains("The ledger is closed", explained.WhyWrong[0].Sentence, StringComparison.Ordinal);
        Assert.Contains(explained.WhyStopped, cause => cause.Sentence.StartsWith("Step s of a failed", StringComparison.Ordinal) && cause.Sentence.Contains("The ledger is closed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Writes_that_break_their_schema_are_named_as_why_nothing_was_accepted()
    {
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], (_, _) => Task.FromResult(Done())));
        var request = Request();
        var step = request.Task.Steps!.Value[0] with { Acceptance = [new() { Schema = JsonValue.Parse("""{"type":"number"}""") }] };

        var explained = RunExplanation.Of(await cluster.Coordinate(await Prepared(cluster), request with { Task = request.Task with { Steps = [step] } }));

        Assert.Equal(RunStatus.AcceptanceFailed, explained.Status);
        Assert.Contains("The value of out breaks its schema", explained.WhyWrong[0].Sentence, StringComparison.Ordinal);
        Assert.Equal("What a step wrote was not acceptable, and no retry made it so.", explained.WhyStopped[0].Sentence);
    }

    [Fact]
    public async Task Waiting_for_an_agents_only_permit_is_named_as_what_was_slow()
    {
        var (busy, waits) = (new AgentGate(), 0);
        await using var cluster = await RosudCluster.Start(1, RosudCluster.Agent("a", ["in"], ["out"], async (_, stopped) =>
        {
            if (Interlocked.Increment(ref waits) == 1) await busy.Hold(stopped);
            return Done();
        }, maxConcurrency: 1));
        var channel = await Prepared(cluster);
        var other = await Prepared(cluster, name: "other");

        var first = cluster.Coordinate(other, Request());
        await busy.Entered;
        var run = await RosudCluster.Accept(channel, Request());
        var result = cluster.End(run);
        for (var look = 0; look < 300; look++) await cluster.Grains.GetGrain<IRunGrain>(run.Key).Describe();   // Time passes for the one that waits.
        busy.Open();
        await first;
        var explained = RunExplanation.Of(await result);

        var longest = explained.WhySlow[1];
        Assert.EndsWith("step s waited for a free place at a.", longest.Sentence, StringComparison.Ordinal);
        Assert.Equal("/v1/agents/a/supervisor?network=default", longest.Evidence);
    }

    private static Completion Done() => new() { Writes = [ContextWrite.Set("out", "done")] };

    private static ContextPatch Patch(string value) => new() { Writes = [ContextWrite.Set("in", value)], Origin = new("test") };

    private static CoordinateRequest Request() => new()
    {
        Task = new() { Goal = "do it", Outputs = ["out"], Steps = [new() { Id = "s", Agent = "a", Reads = ["in"], Writes = ["out"] }] },
    };

    private static async Task<IChannelGrain> Prepared(RosudCluster cluster, TimeSpan? threshold = null, string name = "work")
    {
        var channel = await cluster.Channel(name, new ContextSync { StalenessThreshold = threshold }, "a");
        await channel.Commit(Patch("given"));
        return channel;
    }
}
