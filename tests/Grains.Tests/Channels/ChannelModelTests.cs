using CsCheck;
using Rosud.Context;
using static Rosud.Context.ContextFixture;

namespace Rosud.Channels;

/// <summary>A channel whose keys have every mode, against a list of all commits and a list of what waits: patches, decisions and restarts in any order.</summary>
public sealed class ChannelModelTests
{
    private static readonly string[] Writers = ["boss", "mate", "guest"];

    private static readonly ContextSync Policy = Sync(
        ConflictResolution.Manual,
        new() { Pattern = new("owned"), ConflictResolution = ConflictResolution.OwnerWins, Owner = "boss" },
        new() { Pattern = new("ranked"), ConflictResolution = ConflictResolution.Priority, Priority = ["boss", "mate"] },
        new() { Pattern = new("last"), ConflictResolution = ConflictResolution.LatestWins },
        new() { Pattern = new("first"), ConflictResolution = ConflictResolution.FirstWins },
        new() { Pattern = new("strict"), ConflictResolution = ConflictResolution.Reject },
        new() { Pattern = new("sum"), ConflictResolution = ConflictResolution.Merge, Merge = MergeKind.Sum });

    private static readonly Gen<ContextWrite> Write = Gen.Select(
        Gen.OneOf("a", "b", "a", "b", "owned", "ranked", "last", "first", "strict", "sum"), Gen.Int[0, 3], (key, value) => new ContextWrite(new(key), value == 3 ? null : Json($"{value}")));

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (6, Gen.Select(Write.Array[1, 3], Gen.Int[0, 2], Gen.Int[-1, 12], Gen.Bool, (writes, writer, basedOn, reads) => new Step([.. writes.DistinctBy(write => write.Key)], writer, basedOn, reads))),
        (3, Gen.Select(Gen.Int[1, 6], Gen.Int[0, 2], Gen.Int[-1, 12], (conflict, choice, basedOn) => new Step([], 0, basedOn, false) { Conflict = conflict, Choice = (ConflictChoice)choice })),
        (1, Gen.Const(new Step([], 0, 0, false))));

    [Fact]
    public void C1_C10_A_channel_agrees_with_the_list_of_what_happened() => Steps.Array[1, 16].Sample(steps =>
    {
        var (world, model) = (new ChannelWorld(Policy), new ChannelModel());
        foreach (var step in steps)
        {
            ContextVersion? basedOn = step.BasedOn < 0 ? null : new(Math.Min(step.BasedOn, model.Context.Head.Number));
            if (step.Conflict > 0)
            {
                var told = Told(world.Resolve(new() { Conflict = step.Conflict, Choice = step.Choice, Value = Json("7"), BasedOn = basedOn, Origin = new("judge") }));
                Assert.Equal(model.Resolve(step.Conflict, step.Choice, basedOn), told);
            }
            else if (step.Writes.Length > 0)
            {
                var told = Told(world.Patch(PatchOf(step, basedOn)));
                Assert.Equal(model.Patch(step.Writes, Writers[step.Writer], basedOn, step.Reads && basedOn is not null), told);
            }
            else
            {
                world.Restart();
            }
        }

        Assert.Equal(model.Context.EveryKey.Select(key => model.Context.EntryAt(key, model.Context.Head)), model.Context.EveryKey.Select(world.State.Log.Find));
        Assert.Equal(model.Waiting.Select(one => (one.Number, one.Write)), world.Parked.Select(parked => (parked.Number, parked.Write)));
        world.AssertEncoded();
    }, iter: Cases.Of(20_000));

    private static ContextPatch PatchOf(Step step, ContextVersion? basedOn) => new()
    {
        Writes = [.. step.Writes],
        BasedOn = basedOn,
        Reads = step.Reads && basedOn is not null ? [new(step.Writes[0].Key.Value)] : [],
        Origin = new(Writers[step.Writer]),
    };

    private static string Told(PatchOutcome outcome) => outcome switch
    {
        PatchOutcome.Applied applied => $"{applied.Effect} {applied.Version}: {string.Join(",", applied.Overwritten)}; {string.Join(",", applied.Dropped)}; {string.Join(",", applied.Merged)}; {string.Join(",", applied.Parked)}; {string.Join(",", applied.Conflicts)}",
        PatchOutcome.Refused refused => $"{refused.Problem.Kind}",
        var other => other.GetType().Name,
    };

    private sealed record Step(ContextWrite[] Writes, int Writer, int BasedOn, bool Reads)
    {
        public int Conflict { get; init; }

        public ConflictChoice Choice { get; init; }
    }
}
