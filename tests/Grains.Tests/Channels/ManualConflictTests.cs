using Rosud.Context;
using Rosud.Tenants;
using static Rosud.Context.ContextFixture;

namespace Rosud.Channels;

/// <summary>SEMANTICS C10: writes that wait for somebody to resolve them.</summary>
public sealed class ManualConflictTests
{
    private static readonly ContextSync Manual = Sync(ConflictResolution.Manual);

    [Fact]
    public void C10_A_write_that_lost_waits_with_all_that_a_decision_needs_and_the_entry_is_unchanged()
    {
        var world = Conflicted();

        var parked = Assert.Single(world.Parked);
        Assert.Equal((1, "p1", Set("k", "3"), new ContextVersion(1), Caller, new ContextVersion(2), Noon),
            (parked.Number, parked.Id, parked.Write, parked.BasedOn!.Value, parked.Origin, parked.Head, parked.ParkedAt));
        Assert.Equal(Json("2"), world.State.Log.Find(new("k"))!.Value);
        Assert.Equal("""{"conflicts":["p1"],"keys":["k"],"outcome":"parked","writer":"caller"}""", Assert.Single(world.Notices).Body.ToString());
    }

    [Fact]
    public void C10_The_rest_of_a_patch_is_committed_when_one_key_is_parked()
    {
        var world = Conflicted();

        var applied = Assert.IsType<PatchOutcome.Applied>(world.Patch(Patch(1, Set("k", "4"), Set("free", "1"))));

        Assert.Equal((3, PatchEffect.Committed), (applied.Version.Number, applied.Effect));
        Assert.Equal(["k"], applied.Parked.Names());
        Assert.Equal([2L], applied.Conflicts.ToArray());
    }

    [Fact]
    public void C10_A_patch_of_as_many_keys_as_it_may_have_is_parked_whole_in_its_order()
    {
        var world = new ChannelWorld(Manual);
        string[] keys = [.. Enumerable.Range(0, ContextLimits.Default.PatchWritesMax).Select(i => $"k{(i * 7_919) % 10_000}")];
        world.Patch(Patch(0, [.. keys.Select(key => Set(key, "1"))]));

        var applied = Assert.IsType<PatchOutcome.Applied>(world.Patch(Patch(0, [.. keys.Select(key => Set(key, "2"))])));

        Assert.Equal(PatchEffect.Parked, applied.Effect);
        Assert.Equal(keys, applied.Parked.Names());
        Assert.Equal(keys, world.Parked.Select(parked => parked.Write.Key.Value));
        Assert.Equal(keys.Length, applied.Conflicts.Length);
    }

    [Fact]
    public void C10_A_parked_deletion_deletes_when_it_is_chosen()
    {
        var world = Conflicted(Delete("k"));

        var applied = Assert.IsType<PatchOutcome.Applied>(world.Resolve(Decide(ConflictChoice.Parked)));

        Assert.Equal((3, PatchEffect.Committed), (applied.Version.Number, applied.Effect));
        Assert.Null(world.State.Log.Find(new("k")));
    }

    [Theory]
    [InlineData(ConflictChoice.Parked, "3", "k")]
    [InlineData(ConflictChoice.Current, "2", "")]
    [InlineData(ConflictChoice.Value, "9", "k")]
    public void C10_Resolving_is_a_commit_by_who_decided(ConflictChoice choice, string value, string overwritten)
    {
        var world = Conflicted();

        var applied = Assert.IsType<PatchOutcome.Applied>(world.Resolve(Decide(choice, Json("9"))));

        Assert.Equal((3, PatchEffect.Committed, overwritten), (applied.Version.Number, applied.Effect, string.Join(",", applied.Overwritten.Names())));
        var entry = world.State.Log.Find(new("k"))!;
        Assert.Equal((Json(value), "boss", new ContextVersion(3)), (entry.Value, entry.Origin.Writer, entry.Version));
        Assert.Equal(1, world.Commits[^1].Resolves);
        Assert.Empty(world.Parked);
        Assert.Contains("\"outcome\":\"resolved\"", world.Notices[^1].Body.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void C10_Keeping_the_current_value_makes_nobody_stale()
    {
        var world = Conflicted();
        world.Resolve(Decide(ConflictChoice.Current));

        Assert.IsType<PatchOutcome.Applied>(world.Patch(Patch(2, Set("k", "5")).Reading("k")));
        Assert.Equal(Json("5"), world.State.Log.Find(new("k"))!.Value);
    }

    [Fact]
    public void C10_A_conflict_is_resolved_once_and_a_repeat_gets_the_first_answer()
    {
        var world = Conflicted();
        var decision = Decide(ConflictChoice.Parked) with { OperationId = "op", BodyHash = ContentHash.Of("a"u8) };
        var first = Assert.IsType<PatchOutcome.Applied>(world.Resolve(decision));
        world.Patch(Patch(3, Set("k", "7")));

        var again = Assert.IsType<PatchOutcome.Applied>(world.Resolve(decision));

        Assert.Equal((first.Version, first.Effect), (again.Version, again.Effect));
        Assert.Equal(ProblemKind.IdempotencyMismatch, Refusal(world.Resolve(decision with { BodyHash = ContentHash.Of("b"u8) })));
        Assert.Equal(ProblemKind.NotFound, Refusal(world.Resolve(Decide(ConflictChoice.Parked))));
        Assert.Equal(Json("7"), world.State.Log.Find(new("k"))!.Value);
    }

    [Fact]
    public void C10_A_decision_can_rest_on_a_version()
    {
        var world = Conflicted();
        world.Patch(Patch(2, Set("k", "7")).From(Other));

        Assert.Equal("k", Assert.Single(Assert.IsType<PatchOutcome.Conflict>(world.Resolve(Decide(ConflictChoice.Parked, basedOn: 2))).Keys).Key.Value);
        Assert.Equal(ProblemKind.VersionAhead, Refusal(world.Resolve(Decide(ConflictChoice.Parked, basedOn: 9))));
        Assert.Single(world.Parked);
        Assert.IsType<PatchOutcome.Applied>(world.Resolve(Decide(ConflictChoice.Parked, basedOn: 3)));
    }

    [Fact]
    public void C10_At_most_100_writes_of_a_key_wait()
    {
        var world = Conflicted();
        for (var i = 2; i <= ParkedWrites.PerKeyMax; i++) world.Patch(Patch(1, Set("k", $"{i + 10}")));

        var refused = world.Patch(Patch(1, Set("k", "999"), Set("free", "1")));

        Assert.Equal(ProblemKind.ParkedFull, Refusal(refused));
        Assert.Null(world.State.Log.Find(new("free")));
        Assert.IsType<PatchOutcome.Applied>(world.Patch(Patch(2, Set("k", "5"))));   // What is no conflict is not parked.
        world.Resolve(Decide(ConflictChoice.Current));
        Assert.Equal(PatchEffect.Parked, Assert.IsType<PatchOutcome.Applied>(world.Patch(Patch(1, Set("k", "999")))).Effect);
    }

    [Fact]
    public void C10_What_waits_counts_in_the_channels_quotas()
    {
        var world = Conflicted(limits: new() { LiveBytesMax = 14, KeysMax = 3 });

        Assert.Equal(ProblemKind.QuotaExceeded, Refusal(world.Patch(Patch(1, Set("k", "12345678901")))));
        Assert.Equal(PatchEffect.Parked, Assert.IsType<PatchOutcome.Applied>(world.Patch(Patch(1, Set("k", "4")))).Effect);
        Assert.Equal(ProblemKind.QuotaExceeded, Refusal(world.Patch(Patch(1, Set("k", "5")))));
        Assert.Equal(ProblemKind.QuotaExceeded, Refusal(world.Resolve(Decide(ConflictChoice.Value, Json("12345678901234")))));
        Assert.IsType<PatchOutcome.Applied>(world.Resolve(Decide(ConflictChoice.Parked)));
        Assert.Equal(PatchEffect.Parked, Assert.IsType<PatchOutcome.Applied>(world.Patch(Patch(1, Set("k", "5")))).Effect);
    }

    [Fact]
    public void C10_A_value_that_is_too_large_is_refused_and_not_parked()
    {
        var world = Conflicted(limits: new() { ValueBytesMax = 5 });

        Assert.Equal(ProblemKind.PayloadTooLarge, Refusal(world.Patch(Patch(1, Set("k", "123456")))));
        Assert.Single(world.Parked);
        Assert.Equal(ProblemKind.PayloadTooLarge, Refusal(world.Resolve(Decide(ConflictChoice.Value, Json("123456")))));
    }

    [Fact]
    public void C10_What_waits_outlives_its_key_its_policy_and_the_silo()
    {
        var world = Conflicted();
        world.Patch(Patch(2, Delete("k")));
        world.Do(draft => ChannelRules.Configure(draft, world.Id, null, Sync(ConflictResolution.FirstWins)));
        world.Restart();

        Assert.Equal([1L], world.Parked.Select(parked => parked.Number));
        Assert.Equal(PatchEffect.Unchanged, Assert.IsType<PatchOutcome.Applied>(Conflicted(world).Resolve(Decide(ConflictChoice.Current))).Effect);
        world.Restart();
        Assert.Empty(world.Parked);
    }

    [Fact]
    public void C10_A_conflict_of_a_merging_key_sets_what_was_chosen()
    {
        var world = Conflicted();
        world.Do(draft => ChannelRules.Configure(draft, world.Id, null, Merging(MergeKind.Sum)));

        world.Resolve(Decide(ConflictChoice.Parked));

        Assert.Equal(Json("3"), world.State.Log.Find(new("k"))!.Value);
    }

    [Fact]
    public void C10_A_deleted_channel_forgets_what_waits_and_never_gives_its_number_again()
    {
        var world = Conflicted();
        world.Do(ChannelRules.Delete);
        Assert.Equal(ProblemKind.NotFound, Refusal(world.Resolve(Decide(ConflictChoice.Parked))));
        while (world.Do(ChannelRules.Purge)) { }
        world.AssertEncoded();
        world.Now += ChannelRules.NameRests;
        world.Create(Manual);
        world.Restart();
        Assert.Empty(world.Parked);

        world.Patch(Patch(0, Set("k", "1")));
        world.Patch(Patch(0, Set("k", "2")));
        Assert.False(world.Do(ChannelRules.Purge));   // A retry of the emptying that comes too late takes nothing of the new channel.
        Assert.NotNull(world.State.Log.Find(new("k")));

        Assert.Equal("p2", Assert.Single(world.Parked).Id);
    }

    [Fact]
    public void C10_Conflicts_are_listed_in_order_page_by_page()
    {
        var world = Conflicted();
        for (var i = 0; i < 4; i++) world.Patch(Patch(1, Set("k", $"{i + 10}")));
        world.Resolve(Decide(ConflictChoice.Current) with { Conflict = 3 });
        var (seen, after, pages) = (new List<long>(), (long?)0, 0);
        while (after is { } last)
        {
            var page = ConflictPages.Of(world.State.Log, last, 2);
            Assert.All(page.Conflicts, conflict => Assert.Equal(world.State.Log.Find(new("k")), conflict.Current));
            seen.AddRange(page.Conflicts.Select(conflict => conflict.Parked.Number));
            (after, pages) = (page.Next, pages + 1);
        }

        Assert.Equal([1L, 2L, 4L, 5L], seen);
        Assert.Equal(2, pages);
        Assert.Empty(ConflictPages.Of(world.State.Log, long.MaxValue, 2).Conflicts);
    }

    [Fact]
    public void C10_A_page_of_large_conflicts_is_short()
    {
        var large = "\"" + new string('x', 200_000) + "\"";
        var world = Conflicted();
        for (var i = 0; i < 9; i++) world.Patch(Patch(1, Set("k", large)));

        var page = ConflictPages.Of(world.State.Log, 1, 500);

        Assert.Equal(5, page.Conflicts.Length);
        Assert.Equal(6, page.Next);
    }

    /// <summary>k was 1 at version 1 and 2 at version 2; a write based on 1 is parked as p1.</summary>
    private static ChannelWorld Conflicted(ContextWrite? write = null, ContextLimits? limits = null)
    {
        var world = new ChannelWorld(Manual, limits);
        world.Patch(Patch(0, Set("k", "1")).From(Other));
        world.Patch(Patch(1, Set("k", "2")).From(Other));
        var parked = Assert.IsType<PatchOutcome.Applied>(world.Patch(Patch(1, write ?? Set("k", "3"))));
        Assert.Equal((2, PatchEffect.Parked), (parked.Version.Number, parked.Effect));
        Assert.Equal([1L], parked.Conflicts.ToArray());
        return Conflicted(world);
    }

    private static ChannelWorld Conflicted(ChannelWorld world)
    {
        world.AssertEncoded();
        return world;
    }

    private static Resolution Decide(ConflictChoice choice, JsonValue? value = null, long? basedOn = null) => new()
    {
        Conflict = 1,
        Choice = choice,
        Value = value,
        BasedOn = basedOn is { } version ? new(version) : null,
        Origin = new("boss"),
    };

    private static ProblemKind Refusal(PatchOutcome outcome) => Assert.IsType<PatchOutcome.Refused>(outcome).Problem.Kind;
}
