using Rosud.Channels;
using Rosud.Tenants;
using static Rosud.Context.ContextFixture;

namespace Rosud.Context;

/// <summary>One test for each rule of SEMANTICS C that a patch meets, named for it.</summary>
public sealed class PatchRuleTests
{
    private static readonly ContextSync LatestWins = new();
    private static readonly Origin Step = new("planner", "c.1", "plan", 1);

    [Theory]   // The table of C1. The key was 1 at version 1; "changed": another wrote 2 at version 2.
    [InlineData(ConflictResolution.LatestWins, "unchanged", "applied")]
    [InlineData(ConflictResolution.LatestWins, "changed", "overwritten")]
    [InlineData(ConflictResolution.LatestWins, "blind", "overwritten")]
    [InlineData(ConflictResolution.FirstWins, "unchanged", "applied")]
    [InlineData(ConflictResolution.FirstWins, "changed", "dropped")]
    [InlineData(ConflictResolution.FirstWins, "blind", "dropped")]
    [InlineData(ConflictResolution.Reject, "unchanged", "applied")]
    [InlineData(ConflictResolution.Reject, "changed", "conflict")]
    [InlineData(ConflictResolution.Reject, "blind", "precondition")]
    [InlineData(ConflictResolution.Merge, "unchanged", "merged")]
    [InlineData(ConflictResolution.Merge, "changed", "merged")]
    [InlineData(ConflictResolution.Merge, "blind", "merged")]
    [InlineData(ConflictResolution.OwnerWins, "unchanged", "applied")]
    [InlineData(ConflictResolution.OwnerWins, "changed", "dropped")]
    [InlineData(ConflictResolution.OwnerWins, "blind", "dropped")]
    [InlineData(ConflictResolution.OwnerWins, "changed for the owner", "overwritten")]
    [InlineData(ConflictResolution.OwnerWins, "blind for the owner", "overwritten")]
    [InlineData(ConflictResolution.Priority, "unchanged", "applied")]
    [InlineData(ConflictResolution.Priority, "changed", "dropped")]
    [InlineData(ConflictResolution.Priority, "blind", "dropped")]
    [InlineData(ConflictResolution.Priority, "changed for the owner", "overwritten")]
    [InlineData(ConflictResolution.Priority, "blind for the owner", "overwritten")]
    [InlineData(ConflictResolution.Manual, "unchanged", "applied")]
    [InlineData(ConflictResolution.Manual, "changed", "parked")]
    [InlineData(ConflictResolution.Manual, "blind", "parked")]
    public void C1_Each_mode_ends_a_conflict_in_its_way(ConflictResolution mode, string situation, string expected)
    {
        var policy = new ContextSync { Keys = [new() { Pattern = new("k"), ConflictResolution = mode, Merge = MergeKind.Sum, Owner = "boss", Priority = ["boss", "other"] }] };
        var log = ContextLog.Empty.Commit(Set("k", "1")).Commit(Set("k", "2"));
        long? basedOn = situation.StartsWith("blind", StringComparison.Ordinal) ? null : situation == "unchanged" ? 2 : 1;
        var patch = Patch(basedOn, Set("k", "3")).From(new(situation.EndsWith("owner", StringComparison.Ordinal) ? "boss" : "caller"));

        Assert.Equal(expected, Named(log.Judge(policy, patch)));
    }

    [Theory]   // The same for a key that is not there, for somebody who saw nothing and for somebody who did not look.
    [InlineData(ConflictResolution.LatestWins)]
    [InlineData(ConflictResolution.FirstWins)]
    [InlineData(ConflictResolution.OwnerWins)]
    [InlineData(ConflictResolution.Priority)]
    [InlineData(ConflictResolution.Manual)]
    public void C1_A_key_that_is_not_there_is_no_conflict(ConflictResolution mode)
    {
        var policy = Sync(mode);
        Assert.Equal("applied", Named(ContextLog.Empty.Judge(policy, Patch(null, Set("k", "1")))));
        Assert.Equal("applied", Named(ContextLog.Empty.Judge(policy, Patch(0, Set("k", "1")))));
    }

    [Theory]
    [InlineData(ConflictResolution.LatestWins)]
    [InlineData(ConflictResolution.FirstWins)]
    [InlineData(ConflictResolution.Reject)]
    [InlineData(ConflictResolution.Merge)]
    [InlineData(ConflictResolution.OwnerWins)]
    [InlineData(ConflictResolution.Priority)]
    [InlineData(ConflictResolution.Manual)]
    public void C1_A_stale_read_refuses_the_whole_patch_under_every_mode(ConflictResolution mode)
    {
        var policy = Sync(mode) with { Merge = MergeKind.Sum };
        var log = ContextLog.Empty.Commit(Set("k", "1")).Commit(Set("k", "2"));

        var stale = Assert.IsType<PatchVerdict.Stale>(log.Judge(policy, Patch(1, Set("k", "3"), Set("x", "1")).Reading("k")));

        Assert.Equal([new(new("k"), new(1), new(2), TimeSpan.Zero)], stale.Keys.ToArray());
    }

    [Fact]
    public void C1_A_blind_write_of_the_value_that_is_there_overwrites_nothing()
    {
        var log = ContextLog.Empty.Commit(Set("k", "1"));

        Assert.Equal("applied", Named(log.Judge(LatestWins, Patch(null, Set("k", "1")))));
    }

    [Fact]
    public void C1_A_delete_under_merge_resets_and_names_what_it_replaced()
    {
        var policy = Merging(MergeKind.Sum);
        var log = ContextLog.Empty.Commit(Set("k", "1")).Commit(Set("k", "2"));

        Assert.Equal("overwritten", Named(log.Judge(policy, Patch(1, Delete("k")))));
        log = log.Apply(policy, Patch(2, Delete("k"))).Apply(policy, Patch(null, Set("k", "5")));
        Assert.Equal(Json("5"), log.Find(new("k"))!.Value);
    }

    [Fact]
    public void C1_One_rejected_key_refuses_the_others_too()
    {
        var policy = Sync(ConflictResolution.LatestWins, new KeyPolicy { Pattern = new("strict"), ConflictResolution = ConflictResolution.Reject });
        var log = ContextLog.Empty.Commit(Set("strict", "1")).Commit(Set("strict", "2"));

        var conflict = Assert.IsType<PatchVerdict.Conflict>(log.Judge(policy, Patch(1, Set("free", "1"), Set("strict", "3"))));

        Assert.Equal(["strict"], conflict.Keys.Names());
    }

    [Fact]
    public void C2_Keys_that_lost_leave_the_patch_and_the_rest_is_one_version()
    {
        var policy = Sync(ConflictResolution.FirstWins, new KeyPolicy { Pattern = new("m.*"), ConflictResolution = ConflictResolution.Manual });
        var log = ContextLog.Empty.Commit(Set("a", "1"), Set("m.a", "1"), Set("b", "1"));

        var apply = Assert.IsType<PatchVerdict.Apply>(log.Judge(policy, Patch(0, Set("a", "2"), Set("m.a", "2"), Set("c", "2"), Set("d", "2"))));

        Assert.Equal(["c", "d"], apply.Writes.Select(write => write.Key.Value));
        Assert.Equal(["a"], apply.Dropped.Names());
        Assert.Equal(["m.a"], apply.Parked.Names());
        Assert.Equal(new(2), log.Commit(apply.Writes, Caller, Noon).Next.Head);
    }

    [Theory]
    [InlineData(ConflictResolution.FirstWins, PatchEffect.Dropped)]
    [InlineData(ConflictResolution.Manual, PatchEffect.Parked)]
    [InlineData(ConflictResolution.LatestWins, PatchEffect.Unchanged)]
    public void C2_Without_an_applied_key_there_is_nothing_to_commit(ConflictResolution mode, PatchEffect effect)
    {
        var log = ContextLog.Empty.Commit(Set("k", "1"));
        var write = mode == ConflictResolution.LatestWins ? Delete("absent") : Set("k", "2");

        var nothing = Assert.IsType<PatchVerdict.Nothing>(log.Judge(Sync(mode), Patch(0, write)));

        Assert.Equal(effect, nothing.Effect);
    }

    [Fact]
    public void C3_An_equal_value_takes_a_version_and_is_neither_stale_nor_a_conflict()
    {
        var log = ContextLog.Empty.Commit(Set("k", "1")).Commit(Set("k", "1"));

        Assert.Equal(new(2), log.Find(new("k"))!.Version);
        Assert.Equal("applied", Named(log.Judge(Sync(ConflictResolution.Reject), Patch(1, Set("k", "3")).Reading("k", "*"))));
    }

    [Fact]
    public void C3_A_value_that_came_back_is_what_it_was()
    {
        var log = ContextLog.Empty.Commit(Set("k", "1")).Commit(Set("k", "2")).Commit(Set("k", "1"));

        Assert.Equal("applied", Named(log.Judge(Sync(ConflictResolution.Reject), Patch(1, Set("k", "3")).Reading("k"))));
        Assert.Equal("stale", Named(log.Judge(Sync(ConflictResolution.Reject), Patch(2, Set("k", "3")).Reading("k"))));
    }

    [Fact]
    public void C3_A_later_version_counts_as_changed_when_the_one_seen_is_forgotten()
    {
        var log = ContextLog.Empty with { Limits = Remembering(2) };
        log = log.Commit(Set("old", "1")).Commit(Set("k", "1")).Commit(Set("k", "1"));
        for (var i = 0; i < 4; i++) log = log.Commit(Set("x", $"{i}"));
        string Reading(long basedOn, string read) => Named(log.Judge(LatestWins, Patch(basedOn, Set("old", "2")).Reading(read)));

        Assert.Equal(new(5), log.RememberedFrom);
        Assert.Equal(("stale", "applied"), (Reading(2, "k"), Reading(3, "k")));
        Assert.Equal("applied", Reading(1, "old"));
        Assert.Equal(("stale", "applied"), (Reading(4, "absent"), Reading(5, "absent")));
        Assert.Equal(("stale", "applied"), (Reading(4, "ol*"), Reading(5, "ol*")));
    }

    [Fact]
    public void C3_Who_saw_nothing_may_make_a_key_however_much_is_forgotten()
    {
        var log = ContextLog.Empty with { Limits = Remembering(1) };
        for (var i = 0; i < 9; i++) log = log.Commit(Set("k", $"{i}"));

        Assert.Equal("applied", Named(log.Judge(Sync(ConflictResolution.Reject), Patch(0, Set("new", "1")).Reading("new", "new.*"))));
        Assert.Equal("conflict", Named(log.Judge(Sync(ConflictResolution.Reject), Patch(0, Set("k", "1")))));
    }

    [Fact]
    public void C4_Reads_need_the_version_they_were_read_at()
    {
        var refused = Assert.IsType<PatchVerdict.Refused>(ContextLog.Empty.Judge(LatestWins, Patch(null, Set("k", "1")).Reading("k")));

        Assert.Equal((ProblemKind.InvalidRequest, "/reads"), (refused.Problem.Kind, refused.Problem.Errors.Single().Pointer));
    }

    [Fact]
    public void C4_A_key_is_written_once()
    {
        var refused = Assert.IsType<PatchVerdict.Refused>(ContextLog.Empty.Judge(LatestWins, Patch(0, Set("k", "1"), Delete("k"))));

        Assert.Equal((ProblemKind.InvalidRequest, "duplicate_key"), (refused.Problem.Kind, refused.Problem.Errors.Single().Code));
    }

    [Fact]
    public void C4_Deleting_an_absent_key_changes_nothing()
    {
        var apply = Assert.IsType<PatchVerdict.Apply>(ContextLog.Empty.Judge(LatestWins, Patch(null, Delete("gone"), Set("k", "1"))));

        Assert.Equal([Set("k", "1")], apply.Writes.ToArray());
    }

    [Fact]
    public void C5_Versions_of_the_same_step_are_never_stale_or_a_conflict_for_it()
    {
        var log = ContextLog.Empty.Commit(Set("k", "1")).CommitAs(Step with { Attempt = 2 }, Set("k", "2"), Set("new", "1"));
        var patch = Patch(1, Set("k", "3"), Set("new", "2")).Reading("k", "new", "*");

        Assert.Equal("applied", Named(log.Judge(Sync(ConflictResolution.Reject), patch.From(Step))));
        Assert.Equal("stale", Named(log.Judge(Sync(ConflictResolution.Reject), patch.From(Step with { Step = "other" }))));
        Assert.Equal("stale", Named(log.Judge(Sync(ConflictResolution.Reject), patch.From(Step with { Run = "c.2" }))));
    }

    [Fact]
    public void C5_An_own_version_does_not_hide_what_another_wrote_before_it()
    {
        var log = ContextLog.Empty.Commit(Set("k", "1")).Commit(Set("k", "2")).CommitAs(Step, Set("k", "3"));

        Assert.Equal("stale", Named(log.Judge(LatestWins, Patch(1, Set("x", "1")).Reading("k").From(Step))));
    }

    [Fact]
    public void C6_A_pattern_is_stale_when_a_key_came_or_went_or_is_another()
    {
        var log = ContextLog.Empty.Commit(Set("p.a", "1"), Set("p.b", "1"), Set("q", "1"));
        bool IsStale(ContextLog after) => Named(after.Judge(LatestWins, Patch(1, Set("x", "1")).Reading("p.*"))) == "stale";

        Assert.True(IsStale(log.Commit(Set("p.c", "1"))));
        Assert.True(IsStale(log.Commit(Delete("p.a"))));
        Assert.True(IsStale(log.Commit(Set("p.b", "2"))));
        Assert.False(IsStale(log.Commit(Set("p.b", "1"))));
        Assert.False(IsStale(log.Commit(Set("q", "2"), Set("p", "1"), Set("pp", "1"))));
        Assert.False(IsStale(log.Commit(Set("p.c", "1")).Commit(Delete("p.c"))));
    }

    [Fact]
    public void C9_The_higher_rank_wins_and_a_tie_goes_to_the_later()
    {
        var policy = Sync(ConflictResolution.LatestWins, new KeyPolicy { Pattern = new("*"), ConflictResolution = ConflictResolution.Priority, Priority = ["planner", "researcher"] });
        string Fate(string there, string writer) =>
            Named(ContextLog.Empty.CommitAs(new(there), Set("k", "1")).Judge(policy, Patch(0, Set("k", "2")).From(new(writer))));

        Assert.Equal("overwritten", Fate("researcher", "planner"));
        Assert.Equal("dropped", Fate("planner", "researcher"));
        Assert.Equal("dropped", Fate("researcher", "unlisted"));
        Assert.Equal("overwritten", Fate("unlisted", "researcher"));
        Assert.Equal("overwritten", Fate("researcher", "researcher"));
        Assert.Equal("overwritten", Fate("unlisted", "other"));
    }

    [Fact]
    public void C9_Who_deleted_a_key_has_a_rank_too()
    {
        var policy = Sync(ConflictResolution.LatestWins, new KeyPolicy { Pattern = new("k"), ConflictResolution = ConflictResolution.Priority, Priority = ["planner"] });
        var log = ContextLog.Empty.Commit(Set("k", "1")).CommitAs(new("planner"), Delete("k"));

        Assert.Equal("dropped", Named(log.Judge(policy, Patch(1, Set("k", "2")))));
        Assert.Equal("overwritten", Named(log.Judge(policy, Patch(1, Set("k", "2")).From(new("planner")))));
    }

    [Fact]
    public void C11_What_has_run_out_is_stale_as_a_read()
    {
        var policy = Sync(ConflictResolution.LatestWins, new KeyPolicy { Pattern = new("price*"), ValidFor = TimeSpan.FromSeconds(10) });
        var log = ContextLog.Empty.Commit(Set("price", "1"), Set("name", "1"));
        PatchVerdict JudgeAt(double seconds, string read) => log.Judge(Patch(1, Set("x", "1")).Reading(read), policy, At(1).AddSeconds(seconds));

        Assert.Equal("applied", Named(JudgeAt(9.999, "price")));
        Assert.Equal([new(new("price"), new(1), new(1), TimeSpan.FromSeconds(2))], Assert.IsType<PatchVerdict.Stale>(JudgeAt(12, "price")).Keys.ToArray());
        Assert.Equal("stale", Named(JudgeAt(10, "*")));
        Assert.Equal("stale", Named(JudgeAt(10, "p*")));
        Assert.Equal("applied", Named(JudgeAt(10, "name")));
        Assert.Equal(["price"], log.View([], KeyPolicies.Of(policy), At(11)).Expired.Names());
        log = log.Commit(Set("price", "1"));   // A set with the equal value renews it.
        Assert.Equal("applied", Named(JudgeAt(10.5, "price")));
    }

    [Fact]
    public void C15_A_value_has_a_limit_also_after_its_fold()
    {
        var log = (ContextLog.Empty with { Limits = new() { ValueBytesMax = 10 } }).Commit(Set("k", "[1,2,3]"));

        Assert.Equal(ProblemKind.PayloadTooLarge, Refusal(log.Judge(LatestWins, Patch(0, Set("x", "\"123456789\"")))));
        Assert.Equal("applied", Named(log.Judge(LatestWins, Patch(0, Set("x", "\"12345678\"")))));
        Assert.Equal(ProblemKind.PayloadTooLarge, Refusal(log.Judge(Merging(MergeKind.Append), Patch(0, Set("k", "[4,5]")))));
        Assert.Equal("merged", Named(log.Judge(Merging(MergeKind.Append), Patch(0, Set("k", "4")))));
    }

    [Fact]
    public void C15_A_channel_has_a_limit_of_bytes_but_may_always_shrink()
    {
        var log = ContextLog.Empty.Commit(Set("a", "\"12345678\""), Set("b", "1")) with { Limits = new() { LiveBytesMax = 10 } };

        Assert.Equal(13, log.Bytes);
        Assert.Equal(ProblemKind.QuotaExceeded, Refusal(log.Judge(LatestWins, Patch(1, Set("b", "12")))));
        Assert.Equal("applied", Named(log.Judge(LatestWins, Patch(1, Set("a", "\"1234567\"")))));
        Assert.Equal("applied", Named(log.Judge(LatestWins, Patch(1, Delete("b")))));
        Assert.Equal("applied", Named(log.Judge(LatestWins, Patch(1, Delete("a"), Set("c", "1")))));
    }

    [Fact]
    public void C15_A_channel_has_a_limit_of_keys_and_a_patch_of_writes()
    {
        var log = ContextLog.Empty.Commit(Set("a", "1"), Set("b", "1")) with { Limits = new() { KeysMax = 2, PatchWritesMax = 3 } };

        Assert.Equal(ProblemKind.QuotaExceeded, Refusal(log.Judge(LatestWins, Patch(1, Set("c", "1")))));
        Assert.Equal("applied", Named(log.Judge(LatestWins, Patch(1, Set("c", "1"), Delete("a")))));
        Assert.Equal(ProblemKind.PayloadTooLarge, Refusal(log.Judge(LatestWins, Patch(1, Delete("c"), Delete("a"), Delete("d"), Delete("e")))));
    }

    [Fact]
    public void C17_The_time_of_commits_never_goes_back()
    {
        var (log, first) = ContextLog.Empty.Commit([Set("a", "1")], Caller, Noon);
        var (next, second) = log.Commit([Set("a", "2")], Caller, Noon.AddHours(-1));

        Assert.Equal((Noon, Noon, Noon), (first.CommittedAt, second.CommittedAt, next.LastCommit));
        Assert.Equal(Noon, next.Find(new("a"))!.CommittedAt);
    }

    [Fact]
    public void A_patch_based_on_a_version_to_come_is_refused()
    {
        var refused = Assert.IsType<PatchVerdict.Refused>(ContextLog.Empty.Judge(LatestWins, Patch(1, Set("k", "1"))));

        Assert.Equal((ProblemKind.VersionAhead, 0), (refused.Problem.Kind, refused.Problem.Version));
    }

    [Fact]
    public void A_stale_read_can_be_flagged_instead_of_refused()
    {
        var log = ContextLog.Empty.Commit(Set("k", "1")).Commit(Set("k", "2"));
        var patch = Patch(1, Set("x", "1")).Reading("k");

        var apply = Assert.IsType<PatchVerdict.Apply>(log.Judge(patch, LatestWins, Noon, flagStale: true));

        Assert.Equal(["k"], apply.Flagged.Names());
        Assert.True(log.Commit(apply.Writes, Caller, Noon, stale: !apply.Flagged.IsEmpty).Next.Find(new("x"))!.Stale);
    }

    [Fact]
    public void Behind_counts_from_the_first_change_not_seen()
    {
        var log = ContextLog.Empty.Commit(Set("k", "1")).Commit(Set("k", "1")).Commit(Set("k", "2")).Commit(Set("k", "3"));

        var stale = Assert.IsType<PatchVerdict.Stale>(log.Judge(Patch(1, Set("x", "1")).Reading("k"), LatestWins, At(10)));

        Assert.Equal([new(new("k"), new(1), new(4), TimeSpan.FromSeconds(7))], stale.Keys.ToArray());
    }

    [Fact]
    public void An_accepted_attempt_leaves_its_early_keys_as_they_are_but_no_longer_provisional()
    {
        var log = ContextLog.Empty.Commit([Set("k", "1")], Step, Noon, provisional: true).Next;
        Assert.True(log.Find(new("k"))!.Provisional);

        var accepted = log.Accept([new("k"), new("absent")]);

        Assert.Equal(log.Find(new("k"))! with { Provisional = false }, accepted.Find(new("k")));
        Assert.Equal(log.Head, accepted.Head);
    }

    private static ProblemKind Refusal(PatchVerdict verdict) => Assert.IsType<PatchVerdict.Refused>(verdict).Problem.Kind;

    private static string Named(PatchVerdict verdict) => verdict switch
    {
        PatchVerdict.Apply { Merged.Length: > 0 } => "merged",
        PatchVerdict.Apply { Overwritten.Length: > 0 } => "overwritten",
        PatchVerdict.Apply => "applied",
        PatchVerdict.Nothing { Effect: PatchEffect.Dropped } => "dropped",
        PatchVerdict.Nothing { Effect: PatchEffect.Parked } => "parked",
        PatchVerdict.Nothing => "nothing",
        PatchVerdict.Stale => "stale",
        PatchVerdict.Conflict => "conflict",
        PatchVerdict.Refused { Problem.Kind: ProblemKind.PreconditionRequired } => "precondition",
        PatchVerdict.Refused refused => $"{refused.Problem.Kind}",
        _ => "?",
    };
}
