using Rosud.Context;
using Rosud.Runs;
using static Rosud.Context.ContextFixture;
using static Rosud.Runs.RunExamples;

namespace Rosud.Channels;

/// <summary>SEMANTICS R7 in the channel's log.</summary>
public sealed class StepMemoTests
{
    private static readonly ContentHash Work = ContentHash.Of("work"u8);

    [Fact]
    public void R7_What_an_accepted_attempt_wrote_is_in_the_log_and_answers_equal_work()
    {
        var world = WithRun();
        Assert.IsType<StepAnswer.Forgotten>(world.Do(draft => RunRules.Commit(draft, Recall("a"))));
        Assert.IsType<StepAnswer.Done>(world.Do(draft => RunRules.Commit(draft, Commit("a", Set("k", "1"), Set("free", "2")))));
        world.AssertEncoded();

        var recalled = Assert.IsType<StepAnswer.Done>(world.Do(draft => RunRules.Commit(draft, Recall("b"))));

        Assert.Equal(["k", "free"], recalled.Recalled.Select(write => write.Key.Value));
        Assert.Empty(recalled.Changes);
        Assert.Equal(["k", "free"], world.State.Runs.Live["world.r1"].Steps["b"].Wrote.Names());
    }

    [Fact]
    public void R7_A_recall_writes_what_differs_is_refused_when_stale_and_misses_what_the_step_may_not_write()
    {
        var world = WithRun();
        world.Do(draft => RunRules.Commit(draft, Commit("a", Set("k", "1"), Set("free", "2"))));
        world.Patch(Patch(world.State.Log.Head.Number, Set("k", "9")).From(Other));

        Assert.IsType<StepAnswer.Stale>(world.Do(draft => RunRules.Commit(draft, Recall("b") with { Reads = [new("k")] })));
        Assert.IsType<StepAnswer.Forgotten>(world.Do(draft => RunRules.Commit(draft, Recall("narrow"))));
        var fresh = Recall("b");
        fresh = fresh with { Attempt = fresh.Attempt with { ReadVersion = world.State.Log.Head } };
        var recalled = Assert.IsType<StepAnswer.Done>(world.Do(draft => RunRules.Commit(draft, fresh)));
        Assert.Equal(["k"], recalled.Changes.SelectMany(change => change.Writes).Select(write => write.Key.Value));
    }

    [Fact]
    public void R7_Large_answers_and_the_platforms_are_not_remembered_and_a_deleted_channel_keeps_nothing()
    {
        var world = WithRun();
        world.Do(draft => RunRules.Commit(draft, Commit("a", new ContextWrite(new("k"), JsonValue.From(new string('x', Memo.BytesMax))))));
        Assert.Equal(0, world.State.Memos.Count);
        world.Do(draft => RunRules.Commit(draft, Commit("b", Set("free", "1")) with { Writer = Origin.Platform }));
        Assert.Equal(0, world.State.Memos.Count);
        world.Do(draft => RunRules.Commit(draft, Commit("narrow", Set("n", "1"))));
        Assert.Equal(1, world.State.Memos.Count);

        world.Do(draft => ChannelRules.Delete(draft));
        for (var more = true; more;) more = world.Do(ChannelRules.Purge);
        Assert.Equal(0, world.State.Memos.Count);
        world.AssertEncoded();
    }

    private static ChannelWorld WithRun()
    {
        var sync = new ContextSync();
        var world = new ChannelWorld(sync) { Now = Start };
        var request = Request(RunExamples.Step("a", [], ["k", "free"]), RunExamples.Step("b", [], ["k", "free"], "a"), RunExamples.Step("narrow", [], ["n"])) with { Timeout = TimeSpan.FromMinutes(1) };
        var accepted = Plan(request).Accept(RunId.Make(new(Tenants.TenantId.Default, "world"), "r1"), request, new() { Sync = sync }, new(), default, world.Now);
        Assert.IsType<CoordinateOutcome.Accepted>(world.Do(draft => RunRules.Accept(draft, accepted)));
        return world;
    }

    private static StepCommit Recall(string step) => Commit(step) with { IsRecall = true };

    private static StepCommit Commit(string step, params ContextWrite[] writes) => new()
    {
        Run = RunId.Make(new(Tenants.TenantId.Default, "world"), "r1"),
        Epoch = 1,
        Step = step,
        Attempt = new() { Step = step, Agent = step, Attempt = 1, ReadVersion = default(ContextVersion) },
        Writes = [.. writes],
        Reads = [],
        Work = Work,
    };
}
