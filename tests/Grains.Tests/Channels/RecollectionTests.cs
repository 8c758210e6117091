using Microsoft.Extensions.Time.Testing;
using Rosud.Context;
using Rosud.Journal;
using static Rosud.Context.ContextFixture;

namespace Rosud.Channels;

/// <summary>SEMANTICS C3 after a move: an activation looks through the newest versions only, until somebody comes who saw an older one.</summary>
public sealed class RecollectionTests
{
    private const int Versions = 3_000;

    private readonly ChannelWorld _world = new(Sync(ConflictResolution.Reject));
    private readonly FakeTimeProvider _clock = new(Noon);

    [Fact]
    public void C3_A_writer_who_saw_a_version_far_back_is_judged_exactly_after_a_move() => OneThread.Run(async () =>
    {
        var (loop, past) = Moved();
        var patch = Patch(100, Set("same", "2"), Set("new", "1")).Reading("same", "fresh*");
        Assert.Equal(Versions - 1_000, loop.Durable.Log.RememberedFrom.Number);
        Assert.IsNotType<PatchVerdict.Apply>(Judged(loop, patch));

        await past.Reach(patch);

        Assert.InRange(loop.Durable.Log.RememberedFrom.Number, 1, 100);
        Assert.IsType<PatchVerdict.Apply>(Judged(loop, patch));
        Assert.IsType<PatchVerdict.Conflict>(Judged(loop, Patch(100, Set("other", "1"))));
    });

    [Fact]
    public void C3_A_patch_whose_keys_have_not_been_written_since_needs_nothing_of_the_past() => OneThread.Run(async () =>
    {
        var (loop, past) = Moved();
        var before = _world.History.EntriesRead;

        await past.Reach(Patch(100, Set("still", "2")).Reading("still"));

        Assert.Equal(before, _world.History.EntriesRead);
        Assert.IsType<PatchVerdict.Apply>(Judged(loop, Patch(100, Set("still", "2"))));
    });

    [Fact]
    public void C13_What_is_not_kept_any_more_is_not_looked_for() => OneThread.Run(async () =>
    {
        var (loop, past) = Moved();
        _world.History.DropBefore(1_500);
        var before = _world.History.EntriesRead;

        await past.Reach(new ContextVersion(100));
        Assert.Equal(before, _world.History.EntriesRead);

        await past.Reach(new ContextVersion(1_499));
        Assert.Equal(1_499, loop.Durable.Log.RememberedFrom.Number);
    });

    [Fact]
    public void C15_The_past_is_reached_as_far_as_memory_may_hold_it() => OneThread.Run(async () =>
    {
        var (loop, past) = Moved(new() { RememberedVersionsMax = 2_000 });

        await past.Reach(new ContextVersion(100));

        Assert.Equal(Versions - 2_000, loop.Durable.Log.RememberedFrom.Number);
    });

    // "same" is written again with its value, "other" with another, "still" not at all.
    private (CommitLoop Loop, Recollection Past) Moved(ContextLimits? limits = null)
    {
        var world = limits is null ? _world : new(Sync(ConflictResolution.Reject), limits);
        world.Patch(Patch(0, Set("same", "1"), Set("still", "1")));
        for (var i = 2; i < Versions; i++) world.Patch(Patch(i - 1, Set("other", $"{i}")));
        world.Patch(Patch(Versions - 1, Set("same", "1")));
        world.Restart();
        var loop = new CommitLoop(world.History, world.State, _clock, _ => { }, fault => throw fault, fault => throw fault);
        return (loop, new(world.History, loop, _clock, fault => throw fault));
    }

    private static PatchVerdict Judged(CommitLoop loop, ContextPatch patch) => loop.Durable.Log.Judge(patch, loop.Durable.Policies, Noon);
}
