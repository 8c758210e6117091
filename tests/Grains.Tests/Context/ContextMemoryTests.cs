using System.Collections.Immutable;
using static Rosud.Context.ContextFixture;

namespace Rosud.Context;

/// <summary>What the memory of a context looks at, keeps and forgets: nothing that is needed, and no more than its limits.</summary>
public sealed class ContextMemoryTests
{
    private static readonly Origin Step = new("planner", "c.1", "plan", 1);

    [Fact]
    public void C6_A_pattern_looks_at_the_commits_since_when_they_are_fewer_than_its_keys()
    {
        var log = ContextLog.Empty.Commit([.. Enumerable.Range(0, 13).Select(i => Set($"k{i}", "0"))]);
        while (log.Head.Number < 12) log = log.Commit(Set($"k{log.Head.Number}", $"{log.Head.Number}"));

        Assert.Equal(["k11"], Candidates(log, "*", basedOn: 11));
        Assert.Equal(["k10", "k11"], Candidates(log, "k*", basedOn: 10));
        Assert.Empty(Candidates(log, "*", basedOn: 12));
    }

    [Fact]
    public void C6_A_pattern_looks_at_each_of_its_keys_once_when_they_are_no_more_than_the_commits_since()
    {
        var log = ContextLog.Empty.Commit(Set("p.a", "0"), Set("p.b", "0"), Set("q", "0"));
        for (var i = 1; i <= 10; i++) log = log.Commit(Set("p.a", $"{i}"));

        Assert.Equal(["p.a", "p.b"], Candidates(log, "p.*", basedOn: 1));
        Assert.Equal(["p.a", "p.b"], Candidates(log, "p.*", basedOn: 9));
        Assert.Equal(["p.a"], Candidates(log, "p.*", basedOn: 10));
    }

    [Fact]
    public void C6_From_where_it_is_complete_a_restored_memory_looks_at_the_commits_since()
    {
        var log = ContextLog.Restore(new(5), Noon, []).Commit(Set("b", "1"), Set("a", "1"));

        Assert.Equal(["b", "a"], Candidates(log, "*", basedOn: 5));   // As they were written; in the order of the keys before that.
        Assert.Equal(["a", "b"], Candidates(log, "*", basedOn: 4));
    }

    [Fact]
    public void A_key_that_nobody_has_changed_for_long_is_forgotten()
    {
        var log = (ContextLog.Empty with { Limits = Remembering(1) }).Commit(Set("a", "1")).Commit(Set("a", "2")).Commit(Set("b", "1")).Commit(Set("b", "2"));
        Assert.Equal(["b"], Candidates(log, "*", basedOn: 0));
        Assert.Equal((new ContextVersion(3), 2), (log.RememberedFrom, log.Memory.Writes));

        log = log.Commit(Delete("b")).Commit(Set("c", "1")).Commit(Set("c", "2"));
        Assert.Equal(["c"], Candidates(log, "*", basedOn: 0));
        Assert.Null(log.Memory.LastWriter(new("b"), null));
    }

    [Fact]
    public void A_commit_larger_than_the_memory_is_remembered_as_far_as_there_is_room()
    {
        var log = (ContextLog.Empty with { Limits = new() { RememberedWritesMax = 2 } }).Commit([.. Enumerable.Range(0, 5).Select(i => Set($"k{i}", "1"))]);

        Assert.Equal((new ContextVersion(1), 2), (log.RememberedFrom, log.Memory.Writes));
        log = log.Commit(Set("x", "1"));
        Assert.Equal((new ContextVersion(1), 2), (log.RememberedFrom, log.Memory.Writes));
    }

    [Fact]
    public void A_commit_of_the_kept_history_is_remembered_exactly_as_long_as_there_is_room()
    {
        var log = Restored(3) with { Limits = new() { RememberedWritesMax = 3 } };
        log = log.Remember(Change(3, Set("a", "3"), Set("b", "3")), []);
        log = log.Remember(Change(2, Set("c", "2")), []);
        Assert.Equal((new ContextVersion(1), 3), (log.RememberedFrom, log.Memory.Writes));

        Assert.Same(log, log.Remember(Change(1, Set("d", "1")), []));
        log = Restored(3) with { Limits = Remembering(1) };
        log = log.Remember(Change(3, Set("a", "3")), []);
        Assert.Same(log, log.Remember(Change(2, Set("c", "2")), []));
    }

    [Fact]
    public void Only_the_commit_that_follows_is_remembered_and_the_fault_names_both()
    {
        var fault = Assert.Throws<ArgumentException>(() => Restored(3).Remember(Change(2, Set("a", "1")), []));

        Assert.Equal(("Expected the commit of v3, got v2. (Parameter 'change')", "change"), (fault.Message, fault.ParamName));
    }

    [Fact]
    public void C4_A_deletion_of_what_was_not_there_leaves_nothing_to_remember()
    {
        var log = Restored(1).Remember(Change(1, Delete("a")), []);

        Assert.Equal((ContextVersion.None, 1), (log.RememberedFrom, log.Memory.Writes));
        Assert.Empty(Candidates(log, "*", basedOn: 0));
        Assert.Null(log.Memory.LastWriter(new("a"), null));
    }

    [Fact]
    public void C3_A_change_whose_own_time_is_forgotten_is_told_as_of_its_entry_or_of_the_newest_commit()
    {
        var log = Restored(5, Entry("a", 3, Other));

        Assert.Equal(new UnseenChange(new(3), Other, At(3)), log.Memory.Unseen(new("a"), log.Find(new("a")), new(2), Caller, log.LastCommit));
        Assert.Equal(new UnseenChange(new(5), null, At(5)), log.Memory.Unseen(new("gone"), null, new(2), Caller, log.LastCommit));
        Assert.Null(log.Memory.Unseen(new("a"), log.Find(new("a")), new(3), Caller, log.LastCommit));
        Assert.Null(log.Memory.Unseen(new("gone"), null, ContextVersion.None, Caller, log.LastCommit));
    }

    [Fact]
    public void C3_Who_saw_nothing_is_told_of_a_key_that_is_there_even_if_his_own_step_wrote_it_last()
    {
        var log = Restored(5, Entry("a", 3, Step));

        Assert.Equal(new UnseenChange(new(3), Step, At(3)), log.Memory.Unseen(new("a"), log.Find(new("a")), ContextVersion.None, Step, log.LastCommit));
    }

    [Fact]
    public void A_log_says_in_a_line_what_it_is() =>
        Assert.Equal("ContextLog { Head = v2, Count = 1, Bytes = 2 }", ContextLog.Empty.Commit(Set("a", "1")).Commit(Set("a", "2")).ToString());

    [Fact]
    public void Ranges_of_keys_are_joined_where_they_touch_and_left_out_where_they_are_empty()
    {
        ImmutableSortedSet<ContextKey> keys = [new("a"), new("b.a"), new("b.b"), new("c"), new("d")];

        Assert.Empty(KeyRange.Of(keys, [new KeyPattern("x"), new("bb*")]));
        Assert.Equal([new KeyRange(1, 4)], KeyRange.Of(keys, [new KeyPattern("c"), new("b*"), new("b.b")]));
        Assert.Equal([new KeyRange(0, 1), new KeyRange(4, 5)], KeyRange.Of(keys, [new KeyPattern("d"), new("a")]));
        Assert.Same(keys, new KeyRange(0, 5).Keys(keys));
    }

    private static ContextLog Restored(long head, params ContextEntry[] live) => ContextLog.Restore(new(head), At(head), live);

    private static Change Change(long version, params ContextWrite[] writes) => new(new(version), At(version), Other, [.. writes]);

    private static ContextEntry Entry(string key, long version, Origin origin) =>
        new() { Key = new(key), Value = Json("1"), Version = new(version), Created = new(version), Origin = origin, CommittedAt = At(version) };

    private static string[] Candidates(ContextLog log, string pattern, long basedOn) =>
        [.. log.Memory.Candidates(new(pattern), new(basedOn), log.Head).Select(key => key.Value)];
}
