using CsCheck;
using Rosud.Channels;
using static Rosud.Context.ContextFixture;

namespace Rosud.Context;

public sealed class KeyPoliciesTests
{
    [Fact]
    public void C6_The_exact_key_comes_first_then_the_longest_prefix_then_the_channel() =>
        Gen.Select(Gen.OneOf("a", "a.b", "a.*", "a*", "a.b*", "b", "b*", "a.bb", "a.bb*").HashSet[0, 9], Gen.OneOf("a", "a.b", "a.bb", "a.c", "ab", "b", "c")).Sample((patterns, key) =>
        {
            var ordered = patterns.Order(StringComparer.Ordinal).ToArray();
            var policy = new ContextSync { Keys = [.. ordered.Select((pattern, i) => new KeyPolicy { Pattern = new(pattern), Owner = $"owner{i}" })] };
            var best = ordered.Where(pattern => new KeyPattern(pattern).Matches(new(key))).OrderBy(pattern => pattern.EndsWith('*')).ThenByDescending(pattern => pattern.Length).FirstOrDefault();

            Assert.Equal(best is null ? null : $"owner{Array.IndexOf(ordered, best)}", KeyPolicies.Of(policy).For(new(key)).Owner);
        }, iter: Cases.Of(10_000));

    [Fact]
    public void What_a_key_leaves_open_the_channel_says()
    {
        var policy = new ContextSync
        {
            ConflictResolution = ConflictResolution.Merge,
            Merge = MergeKind.Union,
            StalenessThreshold = TimeSpan.FromSeconds(1),
            Keys = [new() { Pattern = new("a") }, new() { Pattern = new("b"), ConflictResolution = ConflictResolution.Reject, StalenessThreshold = TimeSpan.Zero }],
        };

        var (a, b) = (KeyPolicies.Of(policy).For(new("a")), KeyPolicies.Of(policy).For(new("b")));
        Assert.Equal((ConflictResolution.Merge, MergeKind.Union, TimeSpan.FromSeconds(1)), (a.Resolution, a.Merge, a.StalenessThreshold));
        Assert.Equal((ConflictResolution.Reject, TimeSpan.Zero), (b.Resolution, b.StalenessThreshold));
    }

    [Fact]
    public void A_policy_as_it_comes_is_good() => Assert.Empty(ContextSyncRules.Faults(new()));

    [Fact]
    public void A_policy_with_every_mode_is_good() => Assert.Empty(ContextSyncRules.Faults(Sync(
        ConflictResolution.Reject,
        new() { Pattern = new("facts.*"), ConflictResolution = ConflictResolution.Merge, Merge = MergeKind.Union },
        new() { Pattern = new("plan.*"), ConflictResolution = ConflictResolution.OwnerWins, Owner = "planner", Schema = Json("{}") },
        new() { Pattern = new("plan.scope"), ConflictResolution = ConflictResolution.Priority, Priority = ["planner", "researcher"] },
        new() { Pattern = new("price"), ValidFor = TimeSpan.FromSeconds(1), StalenessThreshold = TimeSpan.Zero })));

    public static TheoryData<string, string> Faults => new()
    {
        { "/sync/keys/*", "all_keys" },
        { "/sync/keys/a~1b", "invalid_pattern" },
        { "/sync/keys/twice", "duplicate_pattern" },
        { "/sync/keys/merge/merge", "merge_without_fold" },
        { "/sync/keys/fold/merge", "fold_without_merge" },
        { "/sync/keys/owner/owner", "owner_missing" },
        { "/sync/keys/named/owner", "invalid_name" },
        { "/sync/keys/rank/priority", "priority_missing" },
        { "/sync/keys/ranks/priority/1", "duplicate_name" },
        { "/sync/keys/ranks/priority/2", "invalid_name" },
        { "/sync/keys/valid/valid_for_ms", "not_positive" },
        { "/sync/keys/valid/staleness_threshold_ms", "negative" },
        { "/sync/keys/schema/schema", "invalid_schema" },
        { "/sync/keys/mode/conflict_resolution", "unknown_resolution" },
        { "/sync/staleness_threshold_ms", "negative" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Every_fault_is_named_with_its_place(string pointer, string code)
    {
        var policy = new ContextSync
        {
            StalenessThreshold = TimeSpan.FromSeconds(-1),
            Keys =
            [
                new() { Pattern = new("*") },
                new() { Pattern = new("a/b") },
                new() { Pattern = new("twice") },
                new() { Pattern = new("twice") },
                new() { Pattern = new("merge"), ConflictResolution = ConflictResolution.Merge },
                new() { Pattern = new("fold"), Merge = MergeKind.Sum },
                new() { Pattern = new("owner"), ConflictResolution = ConflictResolution.OwnerWins },
                new() { Pattern = new("named"), Owner = "No Name" },
                new() { Pattern = new("rank"), ConflictResolution = ConflictResolution.Priority },
                new() { Pattern = new("ranks"), ConflictResolution = ConflictResolution.Priority, Priority = ["planner", "planner", ""] },
                new() { Pattern = new("valid"), ValidFor = TimeSpan.Zero, StalenessThreshold = TimeSpan.FromSeconds(-1) },
                new() { Pattern = new("schema"), Schema = Json("1") },
                new() { Pattern = new("mode"), ConflictResolution = (ConflictResolution)99 },
            ],
        };

        var faults = ContextSyncRules.Faults(policy);
        Assert.Equal(Faults.Count, faults.Length);
        Assert.Contains(faults, fault => fault.Pointer == pointer && fault.Code == code);
    }

    [Theory]
    [InlineData(ConflictResolution.Merge, "/sync/merge")]
    [InlineData(ConflictResolution.OwnerWins, "/sync/conflict_resolution")]
    [InlineData(ConflictResolution.Priority, "/sync/conflict_resolution")]
    public void A_channel_cannot_do_what_only_keys_can(ConflictResolution mode, string pointer) =>
        Assert.Equal(pointer, Assert.Single(ContextSyncRules.Faults(Sync(mode))).Pointer);

    [Fact]
    public void C11_Validity_ends_as_late_as_there_is_a_time_for_it()
    {
        var entry = ContextLog.Empty.Commit(Set("a", "1")).Find(new("a"))!;
        DateTimeOffset? Ends(TimeSpan validFor) => KeyPolicies.Of(Sync(ConflictResolution.LatestWins, new KeyPolicy { Pattern = new("a"), ValidFor = validFor })).ExpiresAt(entry);
        var last = DateTimeOffset.MaxValue - entry.CommittedAt;

        Assert.Equal(DateTimeOffset.MaxValue.AddTicks(-1), Ends(last - TimeSpan.FromTicks(1)));
        Assert.Null(Ends(last));   // The end of time is never.
    }

    [Fact]
    public void Validity_for_ever_never_ends()
    {
        var policies = KeyPolicies.Of(Sync(ConflictResolution.LatestWins, new KeyPolicy { Pattern = new("a"), ValidFor = TimeSpan.MaxValue }));

        Assert.Null(policies.ExpiresAt(ContextLog.Empty.Commit(Set("a", "1")).Find(new("a"))!));
    }
}
