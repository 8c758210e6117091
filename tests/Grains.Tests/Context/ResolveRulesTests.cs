using Rosud.Channels;
using Rosud.Tenants;
using static Rosud.Context.ContextFixture;

namespace Rosud.Context;

/// <summary>SEMANTICS C10: what a decision about one parked write commits, and when it is refused.</summary>
public sealed class ResolveRulesTests
{
    private const string Texts = """{"items":{"type":"string"}}""";

    private static readonly ContextSync Manual = Sync(ConflictResolution.Manual);
    private static readonly ContextLog There = ContextLog.Empty.Commit(Set("k", "1")).Commit(Set("k", "2"));

    [Fact]
    public void C10_A_decision_on_a_version_that_is_not_there_yet_names_the_newest()
    {
        var refused = Refused(Judge(There, Set("k", "3"), ConflictChoice.Parked, basedOn: 3));

        Assert.Equal((ProblemKind.VersionAhead, "The decision is based on v3, the newest version is v2.", (long?)2), (refused.Kind, refused.Detail, refused.Version));
        Assert.IsType<PatchVerdict.Apply>(Judge(There, Set("k", "3"), ConflictChoice.Parked, basedOn: 2));
        var changed = Assert.IsType<PatchVerdict.Conflict>(Judge(There, Set("k", "3"), ConflictChoice.Parked, basedOn: 1));
        Assert.Equal([new StaleKey(new("k"), new(1), new(2), TimeSpan.Zero)], changed.Keys.ToArray());
    }

    [Fact]
    public void C10_What_replaces_another_value_is_listed_as_overwritten()
    {
        Assert.Equal(["k"], Applied(There, Set("k", "3"), ConflictChoice.Parked).Overwritten.Names());
        Assert.Equal(["k"], Applied(There, Delete("k"), ConflictChoice.Parked).Overwritten.Names());
        Assert.Empty(Applied(There, Set("k", "2"), ConflictChoice.Parked).Overwritten);
        Assert.Empty(Applied(There.Commit(Delete("k")), Set("k", "3"), ConflictChoice.Parked).Overwritten);
    }

    [Fact]
    public void C10_Deciding_for_nothing_where_nothing_is_commits_nothing()
    {
        var gone = There.Commit(Delete("k"));

        Assert.Equal(PatchEffect.Unchanged, Assert.IsType<PatchVerdict.Nothing>(Judge(gone, Delete("k"), ConflictChoice.Parked)).Effect);
        Assert.Equal(PatchEffect.Unchanged, Assert.IsType<PatchVerdict.Nothing>(Judge(gone, Set("k", "3"), ConflictChoice.Current)).Effect);
    }

    [Fact]
    public void C10_A_parked_value_that_breaks_the_keys_schema_cannot_be_chosen()
    {
        var refused = Refused(Judge(There, Set("k", "[3]"), ConflictChoice.Parked, sync: Schema(Texts)));

        const string Message = "The value of k breaks its schema at /0: string expected.";
        Assert.Equal((ProblemKind.InvalidRequest, Message), (refused.Kind, refused.Detail));
        Assert.Equal([new ProblemError("/choose", Message, "string_expected")], refused.Errors.ToArray());
        Assert.IsType<PatchVerdict.Apply>(Judge(There, Set("k", "[\"3\"]"), ConflictChoice.Parked, sync: Schema(Texts)));
    }

    [Fact]
    public void C10_A_given_value_that_breaks_the_keys_schema_is_refused_with_the_place_in_it()
    {
        var refused = Refused(Judge(There, Set("k", "3"), ConflictChoice.Value, Json("[\"a\",1]"), sync: Schema(Texts)));

        Assert.Equal([new ProblemError("/value/1", "The value of k breaks its schema at /1: string expected.", "string_expected")], refused.Errors.ToArray());
        Assert.IsType<PatchVerdict.Apply>(Judge(There, Set("k", "3"), ConflictChoice.Value, Json("[\"a\"]"), sync: Schema(Texts)));
    }

    [Fact]
    public void C10_What_is_there_may_stay_and_a_key_may_go_whatever_its_schema_says()
    {
        var sync = Schema("""{"type":"string"}""");

        Assert.Equal([Set("k", "2")], Applied(There, Set("k", "3"), ConflictChoice.Current, sync).Writes.ToArray());
        Assert.Equal([Delete("k")], Applied(There, Delete("k"), ConflictChoice.Parked, sync).Writes.ToArray());
    }

    [Fact]
    public void C15_A_given_value_may_be_as_large_as_the_limit_and_no_larger()
    {
        var log = There with { Limits = new() { ValueBytesMax = 5 } };

        Assert.IsType<PatchVerdict.Apply>(Judge(log, Set("k", "3"), ConflictChoice.Value, Json("12345")));
        var refused = Refused(Judge(log, Set("k", "3"), ConflictChoice.Value, Json("123456")));
        Assert.Equal([new ProblemError("/value", "A value may have 5 bytes, this one has 6.", "value_too_large")], refused.Errors.ToArray());
    }

    [Fact]
    public void C15_A_decision_has_the_room_of_what_it_replaces_and_of_what_no_longer_waits()
    {
        var log = There with { Limits = new() { LiveBytesMax = 10 } };   // k=2 is there and k=3 waits: four bytes, which both leave.

        Assert.IsType<PatchVerdict.Apply>(Judge(log, Set("k", "3"), ConflictChoice.Value, Json("123456789")));
        var refused = Refused(Judge(log, Set("k", "3"), ConflictChoice.Value, Json("1234567890")));
        Assert.Equal(
            (ProblemKind.QuotaExceeded, "The channel would have 11 bytes of keys and values, parked ones included; 10 are allowed. Delete keys or resolve conflicts first."),
            (refused.Kind, refused.Detail));
        Assert.IsType<PatchVerdict.Apply>(Judge(log.Commit(Delete("k")), Set("k", "3"), ConflictChoice.Value, Json("123456789")));
        Assert.IsType<PatchVerdict.Apply>(Judge(log with { Limits = new() { LiveBytesMax = 1 } }, Delete("k"), ConflictChoice.Parked));
    }

    private static ContextSync Schema(string schema) => Sync(ConflictResolution.Manual, new KeyPolicy { Pattern = new("k"), Schema = Json(schema) });

    private static PatchVerdict Judge(ContextLog log, ContextWrite write, ConflictChoice choice, JsonValue? value = null, long? basedOn = null, ContextSync? sync = null)
    {
        var (waiting, parked) = log.Parked.Park(write, Patch(1, write), log.Head, At(2));
        var resolution = new Resolution { Conflict = parked.Number, Choice = choice, Value = value, BasedOn = basedOn is { } seen ? new(seen) : null, Origin = new("boss") };
        return ResolveRules.Judge(log with { Parked = waiting }, KeyPolicies.Of(sync ?? Manual), parked, resolution, At(2));
    }

    private static PatchVerdict.Apply Applied(ContextLog log, ContextWrite write, ConflictChoice choice, ContextSync? sync = null) =>
        Assert.IsType<PatchVerdict.Apply>(Judge(log, write, choice, sync: sync));

    private static Problem Refused(PatchVerdict verdict) => Assert.IsType<PatchVerdict.Refused>(verdict).Problem;
}
