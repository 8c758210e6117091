using CsCheck;
using static Rosud.Context.ContextFixture;

namespace Rosud.Context;

/// <summary>SEMANTICS C12.</summary>
public sealed class FreshnessTests
{
    private static readonly Origin Step = new("planner", "c.1", "plan", 1);
    private static readonly Origin[] Origins = [Other, Step, Step with { Attempt = 2 }];
    private static readonly KeyPattern[] Reads = [new("a"), new("b*"), new("*")];

    private static readonly Gen<ContextWrite[]> Writes = Gen.Select(Gen.OneOf("a", "b", "bb"), Gen.Int[0, 2], (key, value) => new ContextWrite(new(key), value == 2 ? null : Json($"{value}")))
        .Array[1, 2].Select(writes => writes.DistinctBy(write => write.Key).ToArray());

    [Fact]
    public void C12_An_attempt_is_behind_by_what_would_be_stale_at_commit() =>
        Gen.Select(Gen.Select(Writes, Gen.Int[0, 2]).Array[0, 12], Gen.Int[0, 12], Gen.Int[0, 2], Gen.Int[1, 4]).Sample((history, readAt, read, batch) =>
        {
            var policies = KeyPolicies.Of(new());
            var log = ContextLog.Empty;
            Freshness? freshness = null;
            var changes = new List<Change>();
            foreach (var (writes, origin) in history)
            {
                if (log.Head.Number == readAt) freshness = new(log.View([Reads[read]], policies, Noon), [Reads[read]], Step);
                (log, var change) = log.Commit([.. writes], Origins[origin], At(log.Head.Number + 1));
                changes.Add(change);
            }

            freshness ??= new(log.View([Reads[read]], policies, Noon), [Reads[read]], Step);
            var after = changes.Where(change => change.Version > freshness.Version).ToArray();
            var now = At(20);
            var followed = after.Chunk(batch).Aggregate(freshness, (fresh, some) => fresh.Follow(some));
            Assert.Equal(log.Head, followed.Version);
            Assert.Equal(log.StaleReads([Reads[read]], freshness.ReadVersion, Step, policies, now).ToArray(), followed.At(now).ToArray());
            Assert.Equal(followed.At(now).ToArray(), followed.Follow(changes).At(now).ToArray());   // A repeat changes nothing.
        }, iter: Cases.Of(20_000));

    [Fact]
    public void C12_The_threshold_is_the_keys_else_the_channels_else_the_networks()
    {
        var log = ContextLog.Empty.Commit(Set("a", "1"), Set("b", "1"));
        var (_, change) = log.Commit([Set("a", "2"), Set("b", "2")], Other, At(2));
        var fresh = new Freshness(log.View([], KeyPolicies.Of(new()), Noon), [KeyPattern.All], Step);
        DateTimeOffset? TellAt(TimeSpan? key, TimeSpan? channel, bool never, double? network) => fresh.Follow([change]).TellAt(
            KeyPolicies.Of(new() { StalenessThreshold = channel, NeverTold = never, Keys = [new() { Pattern = new("a"), StalenessThreshold = key }] }),
            network is { } seconds ? TimeSpan.FromSeconds(seconds) : null);

        Assert.Null(fresh.TellAt(KeyPolicies.Of(new()), TimeSpan.Zero));
        Assert.Equal(At(2).AddSeconds(0.5), TellAt(null, null, false, 0.5));
        Assert.Equal(At(3), TellAt(null, TimeSpan.FromSeconds(1), false, 0.5));
        Assert.Equal(At(2), TellAt(TimeSpan.Zero, TimeSpan.FromSeconds(1), false, 0.5));
        Assert.Equal(At(2), TellAt(TimeSpan.Zero, null, true, 0.5));
        Assert.Null(TellAt(null, null, true, 0.5));
        Assert.Null(TellAt(null, null, false, null));
    }

    [Fact]
    public void C12_A_key_that_any_of_the_reads_names_counts_and_what_the_view_had_does_not()
    {
        var log = ContextLog.Empty.Commit(Set("a", "1"), Set("b", "1"), Set("c", "1"));
        var fresh = new Freshness(log.View([], KeyPolicies.Of(new()), Noon), [new("a"), new("b")], Step);
        Change Change(long version, string key) => new(new(version), At(version), Other, [Set(key, "2")]);

        Assert.Empty(fresh.Follow([Change(1, "a")]).At(At(9)));
        Assert.Equal(["b"], fresh.Follow([Change(2, "b"), Change(3, "c")]).At(At(9)).Names());
        Assert.Equal([new StaleKey(new("a"), new(1), new(2), TimeSpan.Zero)], fresh.Follow([Change(2, "a")]).At(At(1)).ToArray());
    }

    [Fact]
    public void C3_A_rewrite_with_the_equal_value_is_no_event()
    {
        var log = ContextLog.Empty.Commit(Set("a", "1"));
        var (_, change) = log.Commit([Set("a", "1")], Other, At(2));

        Assert.Empty(new Freshness(log.View([], KeyPolicies.Of(new()), Noon), [KeyPattern.All], Step).Follow([change]).At(At(9)));
    }
}
