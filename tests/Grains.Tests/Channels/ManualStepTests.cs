using Rosud.Context;
using Rosud.Runs;
using static Rosud.Context.ContextFixture;
using static Rosud.Runs.RunExamples;

namespace Rosud.Channels;

/// <summary>SEMANTICS C10 and C11 as the steps of runs meet them.</summary>
public sealed class ManualStepTests
{
    private static readonly RunId Run = RunId.Make(new(Tenants.TenantId.Default, "world"), "r1");

    [Fact]
    public void C10_A_step_whose_write_is_parked_is_done_and_did_not_write_the_key()
    {
        var world = WithRun(Sync(ConflictResolution.Manual));

        var done = Assert.IsType<StepAnswer.Done>(Commit(world, Set("k", "3"), Set("free", "1")));

        Assert.Equal(["k"], done.Parked.Names());
        Assert.Equal(["free"], done.Changes.SelectMany(change => change.Writes).Select(write => write.Key.Value));
        Assert.Equal(("a", Run.Name, "a", 1), (world.Parked.Single().Origin.Writer, world.Parked.Single().Origin.Run, world.Parked.Single().Origin.Step, world.Parked.Single().Origin.Attempt));
        Assert.Equal(["free"], world.State.Runs.Live[Run.Name].Steps["a"].Wrote.Names());
        Assert.IsType<StepAnswer.Already>(Commit(world, Set("k", "3"), Set("free", "1")));
        Assert.Single(world.Parked);
        world.AssertEncoded();
    }

    [Fact]
    public void C10_A_key_in_conflict_cannot_be_published_early()
    {
        var world = WithRun(Sync(ConflictResolution.Manual));

        var refused = Assert.IsType<StepAnswer.Refused>(world.Do(draft => RunRules.Publish(draft, new(Run, 1, "a", 1, "a", [Set("free", "1"), Set("k", "3")], new(1), []))));

        Assert.Equal("/writes/k", refused.Problem.Errors.Single().Pointer);
        Assert.Empty(world.Parked);
        Assert.Null(world.State.Log.Find(new("free")));
        Assert.IsType<StepAnswer.Done>(world.Do(draft => RunRules.Publish(draft, new(Run, 1, "a", 1, "a", [Set("free", "1")], new(1), []))));
    }

    [Fact]
    public void A_completion_that_breaks_a_schema_is_refused_with_the_place()
    {
        var world = WithRun(Sync(ConflictResolution.LatestWins, new KeyPolicy { Pattern = new("k"), Schema = Json("""{"items":{"type":"string"}}""") }));

        var refused = Assert.IsType<StepAnswer.Refused>(Commit(world, Set("k", "[1]")));

        Assert.Equal(("/set/k/0", "The value of k breaks its schema at /0: string expected."), (refused.Problem.Errors.Single().Pointer, refused.Problem.Detail));
        Assert.Null(world.State.Runs.Live[Run.Name].Steps.GetValueOrDefault("a")?.Done);
    }

    [Fact]
    public void C11_What_ran_out_while_a_step_worked_is_stale_and_absent_in_the_next_view()
    {
        var world = WithRun(Sync(ConflictResolution.LatestWins, new KeyPolicy { Pattern = new("k"), ValidFor = TimeSpan.FromSeconds(10) }));
        world.Now += TimeSpan.FromSeconds(11);

        var stale = Assert.IsType<StepAnswer.Stale>(world.Do(draft => RunRules.Commit(draft, Step(2, Set("out", "1")) with { Reads = [new("k")] })));

        Assert.Equal("k", stale.Keys.Single().Key.Value);
        Assert.Equal(["k"], stale.Context.Expired.Names());
    }

    /// <summary>k was 1 at version 1 and is 2 at version 2; a run with the step a is open.</summary>
    private static ChannelWorld WithRun(ContextSync sync)
    {
        var world = new ChannelWorld(sync with { Keys = [] }) { Now = Start };
        world.Patch(Patch(0, Set("k", "1")).From(Other));
        world.Patch(Patch(1, Set("k", "2")).From(Other));
        world.Do(draft => ChannelRules.Configure(draft, world.Id, null, sync));
        var request = Request(RunExamples.Step("a", ["k"], ["k", "free", "out"])) with { Timeout = TimeSpan.FromMinutes(1) };
        var accepted = Plan(request, _ => true).Accept(Run, request, new() { Sync = sync }, new(), new(2), world.Now);
        Assert.IsType<CoordinateOutcome.Accepted>(world.Do(draft => RunRules.Accept(draft, accepted)));
        return world;
    }

    private static StepAnswer Commit(ChannelWorld world, params ContextWrite[] writes) => world.Do(draft => RunRules.Commit(draft, Step(1, writes)));

    private static StepCommit Step(long readVersion, params ContextWrite[] writes) => new()
    {
        Run = Run,
        Epoch = 1,
        Step = "a",
        Attempt = new() { Step = "a", Agent = "a", Attempt = 1, Outcome = AttemptOutcome.Accepted, ReadVersion = new(readVersion) },
        Writes = [.. writes],
        Reads = [],
    };
}
