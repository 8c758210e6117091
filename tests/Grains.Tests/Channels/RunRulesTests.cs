using Rosud.Context;
using Rosud.Runs;
using static Rosud.Context.ContextFixture;
using static Rosud.Runs.RunExamples;

namespace Rosud.Channels;

/// <summary>What the channel's log makes of a run's records: PROTOCOL-runs §4 and §5.</summary>
public sealed class RunRulesTests
{
    private static readonly RunId Run = RunId.Make(new(Tenants.TenantId.Default, "world"), "r1");

    [Theory]   // SEMANTICS R12: the fifth takeover after a crash ends the run.
    [InlineData(4, null)]
    [InlineData(5, RunStatus.Failed)]
    public void R12_Crashes_without_a_finished_step_end_the_run(int crashes, RunStatus? status)
    {
        var world = WithRun(ConflictResolution.LatestWins);
        for (var crash = 0; crash < crashes; crash++) TakeDriver(world);

        Assert.Equal(status, world.State.Runs.Live[Run.Name].End?.Status);
        world.AssertEncoded();
    }

    [Fact]   // PROTOCOL-runs §5: planned hand-overs aside.
    public void Drivers_that_end_in_good_order_are_no_crashes()
    {
        var world = WithRun(ConflictResolution.LatestWins);
        for (var restart = 0; restart < 20; restart++)
        {
            var epoch = world.State.Runs.Live[Run.Name].Epoch;
            Assert.True(world.Do(draft => RunRules.LetGo(draft, Run, epoch)));
            Assert.False(world.Do(draft => RunRules.LetGo(draft, Run, epoch)));
            TakeDriver(world);
        }

        var record = world.State.Runs.Live[Run.Name];
        Assert.Equal((0, 21, false), (record.Takeovers, record.Epoch, record.End is not null));
        Assert.False(world.Do(draft => RunRules.LetGo(draft, Run, record.Epoch - 1)));   // Of an older driver's it is too late.
        world.AssertEncoded();
    }

    [Fact]
    public void R3_What_somebody_else_wrote_between_two_publications_comes_back()
    {
        var world = WithRun(ConflictResolution.LatestWins);
        Publish(world, Set("k", "1"));
        world.Patch(Patch(world.State.Log.Head.Number, Set("k", "7")).From(Other));
        Publish(world, Set("k", "2"));
        Publish(world, Set("k", "3"));

        world.Do(draft => RunRules.End(draft, new(Run, 1, RunStatus.Failed, null, [])));

        Assert.Equal("7", world.State.Log.Find(new("k"))!.Value.ToString());
    }

    [Fact]
    public void R3_A_deletion_that_is_published_again_is_taken_back_like_any_other()
    {
        var world = WithRun(ConflictResolution.LatestWins);
        for (var again = 0; again < 2; again++) Publish(world, new ContextWrite(new("k"), null));
        Publish(world, new ContextWrite(new("k"), null), Set("free", "1"));
        Assert.Null(world.State.Log.Find(new("k")));

        world.Do(draft => RunRules.End(draft, new(Run, 1, RunStatus.Failed, null, [])));

        Assert.Equal(("0", null), (world.State.Log.Find(new("k"))!.Value.ToString(), world.State.Log.Find(new("free"))));
    }

    [Fact]
    public void A_channel_that_stops_with_its_silo_lets_all_its_open_runs_go()
    {
        var world = WithRun(ConflictResolution.LatestWins);
        world.Do(draft => RunRules.LetGo(draft, [Run.Name, "another"]));

        TakeDriver(world);

        Assert.Equal((0, 2), (world.State.Runs.Live[Run.Name].Takeovers, world.State.Runs.Live[Run.Name].Epoch));
        world.AssertEncoded();
    }

    [Fact]
    public void R10_Deleted_keys_are_not_among_what_a_step_wrote()
    {
        var world = WithRun(ConflictResolution.LatestWins);
        Publish(world, Set("out", "1"), Set("free", "1"));

        Commit(world, status: null, new(new("out"), null), Set("k", "2"));

        Assert.Equal(["free", "k"], world.State.Runs.Live[Run.Name].Steps["a"].Wrote.Names().Order());
    }

    [Theory]   // Nothing that was wanted may be missing from a run that says it is completed.
    [InlineData(ConflictResolution.FirstWins)]
    [InlineData(ConflictResolution.Manual)]
    public void R10_A_commit_that_lost_what_was_wanted_does_not_end_the_run_completed(ConflictResolution mode)
    {
        var world = WithRun(mode);
        world.Patch(Patch(world.State.Log.Head.Number, Set("out", "7")).From(Other));

        var done = Commit(world, RunStatus.Completed, Set("out", "1"));

        Assert.Null(done.End);
        Assert.Equal((true, false), (world.State.Runs.Live[Run.Name].Steps["a"].Done is not null, world.State.Runs.Live[Run.Name].End is not null));
    }

    [Fact]
    public void R10_A_commit_that_lost_only_what_nobody_wanted_ends_the_run()
    {
        var world = WithRun(ConflictResolution.FirstWins);
        world.Patch(Patch(world.State.Log.Head.Number, Set("free", "7")).From(Other));

        Assert.Equal(RunStatus.Completed, Commit(world, RunStatus.Completed, Set("out", "1"), Set("free", "1")).End?.Status);
    }

    private static void TakeDriver(ChannelWorld world) => Assert.IsType<DriverAnswer.Taken>(world.Do(draft => RunRules.TakeDriver(draft, Run)));

    private static void Publish(ChannelWorld world, params ContextWrite[] writes) =>
        Assert.IsType<StepAnswer.Done>(world.Do(draft => RunRules.Publish(draft, new(Run, 1, "a", 1, "a", [.. writes], world.State.Log.Head, []))));

    private static StepAnswer.Done Commit(ChannelWorld world, RunStatus? status, params ContextWrite[] writes) => Assert.IsType<StepAnswer.Done>(world.Do(draft => RunRules.Commit(draft, new()
    {
        Run = Run,
        Epoch = 1,
        Step = "a",
        Attempt = new() { Step = "a", Agent = "a", Attempt = 1, Outcome = AttemptOutcome.Accepted, ReadVersion = new(2) },
        Writes = [.. writes],
        Reads = [],
        Last = status,
    })));

    /// <summary>k is 0 at version 2, and a run with the step a, which is to write out, is open.</summary>
    private static ChannelWorld WithRun(ConflictResolution mode)
    {
        var world = new ChannelWorld(new() { ConflictResolution = mode }) { Now = Start };
        world.Patch(Patch(0, Set("x", "0")).From(Other));
        world.Patch(Patch(1, Set("k", "0")).From(Other));
        var request = Request(RunExamples.Step("a", [], ["k", "free", "out"]));
        request = request with { Timeout = TimeSpan.FromMinutes(1), Task = request.Task with { Outputs = [new("out")] } };
        var accepted = Plan(request).Accept(Run, request, new(), new(), new(2), world.Now);
        Assert.IsType<CoordinateOutcome.Accepted>(world.Do(draft => RunRules.Accept(draft, accepted)));
        return world;
    }
}
