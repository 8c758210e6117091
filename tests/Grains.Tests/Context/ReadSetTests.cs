using Rosud.Channels;
using Rosud.Tenants;
using static Rosud.Context.ContextFixture;

namespace Rosud.Context;

/// <summary>SEMANTICS C1, C6, C8 and C11 where a read-set or a fold meets a bound.</summary>
public sealed class ReadSetTests
{
    private static readonly ContextSync Expiring = Sync(ConflictResolution.LatestWins, new KeyPolicy { Pattern = new("a.*"), ValidFor = TimeSpan.FromSeconds(10) });

    [Theory]
    [InlineData("a.b", "a.b")]
    [InlineData("a.b*", "a.b,a.bb")]
    [InlineData("a.*", "a.b,a.bb,a.c")]
    [InlineData("*", "a.b,a.bb,a.c")]
    [InlineData("x", "")]
    public void C11_Only_what_is_read_and_has_run_out_is_stale(string read, string expected)
    {
        var log = ContextLog.Empty.Commit(Set("a.b", "1"), Set("a.bb", "1"), Set("a.c", "1"), Set("x", "1"));

        Assert.Equal(expected, string.Join(',', log.StaleReads([new(read)], new(1), Caller, KeyPolicies.Of(Expiring), At(11)).Names()));
        Assert.Empty(log.StaleReads([new(read)], new(1), Caller, KeyPolicies.Of(Expiring), At(11).AddTicks(-1)));
    }

    [Fact]
    public void C11_What_ran_out_is_behind_since_then_under_the_version_that_it_has()
    {
        var log = ContextLog.Empty.Commit(Set("x", "1")).Commit(Set("a.b", "1"));

        var stale = log.StaleReads([new("a.b")], new(2), Caller, KeyPolicies.Of(Expiring), At(15));

        Assert.Equal([new StaleKey(new("a.b"), new(2), new(2), TimeSpan.FromSeconds(3))], stale.ToArray());
    }

    [Fact]
    public void C17_A_clock_that_is_behind_the_commits_makes_nobody_behind_by_less_than_nothing()
    {
        var log = ContextLog.Empty.Commit(Set("k", "1")).Commit(Set("k", "2"));

        var stale = log.StaleReads([new("k")], new(1), Caller, KeyPolicies.Of(new()), At(1));

        Assert.Equal([new StaleKey(new("k"), new(1), new(2), TimeSpan.Zero)], stale.ToArray());
    }

    [Fact]
    public void C3_Of_a_pattern_whose_past_is_forgotten_the_changed_keys_are_told_and_the_pattern_itself()
    {
        var log = ContextLog.Restore(new(5), At(5), ContextLog.Empty.Commit(Set("p.a", "1")).Commit(Set("p.b", "1")).Read([]));

        var stale = log.StaleReads([new("p.*")], new(1), Caller, KeyPolicies.Of(new()), At(6));

        Assert.Equal([new StaleKey(new("p.*"), new(1), new(5), TimeSpan.FromSeconds(1)), new StaleKey(new("p.b"), new(1), new(2), TimeSpan.FromSeconds(4))], stale.ToArray());
        Assert.Equal(["p.a", "p.b"], log.StaleReads([new("p.*")], ContextVersion.None, Caller, KeyPolicies.Of(new()), At(6)).Names());
        Assert.Empty(log.StaleReads([new("p.*")], new(5), Caller, KeyPolicies.Of(new()), At(6)));
    }

    [Fact]
    public void C1_A_blind_write_to_a_key_that_rejects_them_is_refused_in_words()
    {
        var problem = Refused(ContextLog.Empty.Judge(Sync(ConflictResolution.Reject), Patch(null, Set("k", "1"))));

        Assert.Equal(
            (ProblemKind.PreconditionRequired, "A key of this patch rejects blind writes: say the version that the patch is based on.", (long?)0), (problem.Kind, problem.Detail, problem.Version));
    }

    [Fact]
    public void C10_A_key_for_which_enough_writes_wait_is_refused_in_words()
    {
        var log = ContextLog.Empty.Commit(Set("k", "1")).Commit(Set("k", "2"));
        for (var i = 0; i < ParkedWrites.PerKeyMax; i++) log = log with { Parked = log.Parked.Park(Set("k", "3"), Patch(1), log.Head, Noon).Next };

        var problem = Refused(log.Judge(Sync(ConflictResolution.Manual), Patch(1, Set("k", "3"))));

        Assert.Equal((ProblemKind.ParkedFull, "100 writes of k wait to be resolved: resolve some first. Nothing was written."), (problem.Kind, problem.Detail));
    }

    [Fact]
    public void C8_A_write_that_cannot_be_folded_is_one_fault_whatever_the_keys_schema_says()
    {
        var sync = Folding(MergeKind.Append, """{"items":{"type":"string"}}""");

        var unfolded = Refused(ContextLog.Empty.Commit(Set("k", "1")).Judge(sync, Patch(null, Set("k", "2"))));
        Assert.Equal(["wrong_type"], unfolded.Errors.Select(error => error.Code));
    }

    [Fact]
    public void C8_A_fold_whose_result_breaks_the_schema_is_refused_at_the_write_as_a_whole()
    {
        var problem = Refused(ContextLog.Empty.Commit(Set("k", "[\"a\"]")).Judge(Folding(MergeKind.Append, """{"items":{"type":"string"}}"""), Patch(null, Set("k", "2"))));

        Assert.Equal([new ProblemError("/set/k", "The value of k breaks its schema at /1: string expected.", "string_expected")], problem.Errors.ToArray());
    }

    [Fact]
    public void C1_A_value_that_breaks_the_schema_is_refused_with_its_member()
    {
        var sync = Sync(ConflictResolution.LatestWins, new KeyPolicy { Pattern = new("k"), Schema = Json("""{"type":"string"}""") });

        var problem = Refused(ContextLog.Empty.Judge(sync, Patch(null, Set("k", "2"))));

        Assert.Equal("The value of k breaks its schema: string expected.", problem.Detail);
        Assert.Equal([new ProblemError("/set/k", problem.Detail, "string_expected")], problem.Errors.ToArray());
    }

    private static ContextSync Folding(MergeKind fold, string schema) =>
        Sync(ConflictResolution.LatestWins, new KeyPolicy { Pattern = new("k"), ConflictResolution = ConflictResolution.Merge, Merge = fold, Schema = Json(schema) });

    private static Problem Refused(PatchVerdict verdict) => Assert.IsType<PatchVerdict.Refused>(verdict).Problem;
}
