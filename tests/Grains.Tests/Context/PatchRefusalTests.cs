using Rosud.Tenants;
using static Rosud.Context.ContextFixture;

namespace Rosud.Context;

/// <summary>Refusals, word by word: what is wrong, where in the request, and what is allowed.</summary>
public sealed class PatchRefusalTests
{
    private static readonly ContextLog Log = ContextLog.Empty.Commit(Set("a", "1"));

    [Fact]
    public void Every_fault_of_a_patch_is_named_with_its_member()
    {
        var patch = Patch(-1, Set("a b", "1"), Delete(".x"), Set("a", "1"), Delete("a"), Set("b", "1"), Set("b", "2")).Reading("a", "*x");

        var problem = PatchRules.Broken(patch, Log)!;

        Assert.Equal((ProblemKind.InvalidRequest, "A version is 0 or more."), (problem.Kind, problem.Detail));
        const string Key = "A key has segments of A-Z, a-z, 0-9, _ and - joined by dots, at most 256 characters.";
        const string Twice = "The key is written twice; a patch sets or deletes a key once.";
        Assert.Equal(
            [
                new("/based_on", "A version is 0 or more.", "invalid_version"),
                new("/set", Key, "invalid_key"),
                new("/delete", Key, "invalid_key"),
                new("/delete", Twice, "duplicate_key"),
                new("/set/b", Twice, "duplicate_key"),
                new ProblemError("/reads/1", "A read is a key, or a prefix ending in *.", "invalid_pattern"),
            ],
            problem.Errors.ToArray());
    }

    [Fact]
    public void C4_Reads_need_the_version_that_they_were_read_at()
    {
        var problem = PatchRules.Broken(Patch(null, Set("a", "1")).Reading("a"), Log)!;

        Assert.Equal([new ProblemError("/reads", "Reads need the version they were read at: give based_on.", "reads_without_based_on")], problem.Errors.ToArray());
        Assert.Null(PatchRules.Broken(Patch(0, Set("a", "1")).Reading("a"), Log));
        Assert.Null(PatchRules.Broken(Patch(1, Set("a", "1")).Reading("a"), Log));
    }

    [Fact]
    public void A_version_that_is_not_there_yet_is_named_beside_the_newest()
    {
        var problem = PatchRules.Broken(Patch(2, Set("a", "1")), Log)!;

        Assert.Equal((ProblemKind.VersionAhead, $"The patch is based on {new ContextVersion(2)}, the newest version is {new ContextVersion(1)}.", (long?)1), (problem.Kind, problem.Detail, problem.Version));
    }

    [Fact]
    public void C15_A_patch_or_value_may_be_as_large_as_its_limit_and_no_larger()
    {
        var limits = new ContextLimits { PatchWritesMax = 2, ValueBytesMax = 3 };

        Assert.Null(PatchRules.Oversized(Patch(null, Set("a", "123"), Delete("b")), limits));
        Assert.Equal(
            (ProblemKind.PayloadTooLarge, "A patch may write 2 keys, this one has 3."),
            PatchRules.Oversized(Patch(null, Set("a", "1"), Set("b", "1"), Set("c", "1")), limits) is { } many ? (many.Kind, many.Detail) : default);
        var large = PatchRules.Oversized(Patch(null, Set("a", "1"), Set("b", "1234")), limits)!;
        Assert.Equal((ProblemKind.PayloadTooLarge, "A value may have 3 bytes, this one has 4."), (large.Kind, large.Detail));
        Assert.Equal([new ProblemError("/set/b", large.Detail, "value_too_large")], large.Errors.ToArray());
        Assert.Equal("/value", PatchRules.TooLarge(Set("b", "1234"), limits, "/value").Errors.Single().Pointer);
    }

    [Fact]
    public void C15_A_channel_may_grow_to_its_limits_and_shrink_beyond_them()
    {
        var held = Log.Bytes;
        var log = Log with { Limits = new() { LiveBytesMax = held + 10, KeysMax = 2 } };

        Assert.Null(PatchRules.Outgrown(log, 10, 1));
        Assert.Equal(
            $"The channel would have {held + 11} bytes of keys and values, parked ones included; {held + 10} are allowed. Delete keys or resolve conflicts first.",
            PatchRules.Outgrown(log, 11, 0)!.Detail);
        var many = PatchRules.Outgrown(log, 0, 2)!;
        Assert.Equal(
            (ProblemKind.QuotaExceeded, "The channel would have 3 keys and parked writes; 2 are allowed. Delete keys or resolve conflicts first.", (long?)1), (many.Kind, many.Detail, many.Version));
        var full = log with { Limits = new() { LiveBytesMax = 0, KeysMax = 0 } };
        Assert.Null(PatchRules.Outgrown(full, 0, 0));
        Assert.Null(PatchRules.Outgrown(full, -1, -1));
    }
}
