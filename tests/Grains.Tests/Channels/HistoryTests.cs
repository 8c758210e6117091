using CsCheck;
using Rosud.Context;
using Rosud.Tenants;
using static Rosud.Context.ContextFixture;

namespace Rosud.Channels;

/// <summary>Reading, comparing and blaming the past, against a list of all commits.</summary>
public sealed class HistoryTests
{
    private static readonly string[] Keys = ["a", "a.b", "b", "c"];

    private static readonly Gen<ContextWrite[]> Writes = Gen.Select(Gen.OneOf(Keys), Gen.Int[0, 3], (key, value) => new ContextWrite(new(key), value == 3 ? null : Json($"{value}")))
        .Array[1, 3].Select(writes => writes.DistinctBy(write => write.Key).ToArray());

    private static readonly Gen<(ContextWrite[] Writes, int Writer)[]> Past = Gen.Select(Writes, Gen.Int[0, 2]).Array[1, 25];

    [Fact]
    public void C13_A_kept_version_reads_as_it_was_and_another_is_compacted() =>
        Gen.Select(Past, Gen.Int[0, 25], Gen.Int[1, 25]).Sample((past, at, oldest) =>
        {
            var (world, model) = Play(past, oldest);
            var version = new ContextVersion(Math.Min(at, model.Head.Number));
            var outcome = Now(ContextHistory.ReadAt(world.History, world.State, version, [new("a*"), new("c")]));
            if (version.Number < world.History.OldestVersion - 1)
            {
                AssertCompacted(world, Assert.IsType<ReadOutcome.Refused>(outcome).Problem);
                return;
            }

            var view = Assert.IsType<ReadOutcome.Found>(outcome).View;
            Assert.Equal(version, view.Version);
            Assert.Equal(model.KeysAt(version).Where(key => key.Value != "b").Select(key => model.EntryAt(key, version)), view.Entries);
        }, iter: Cases.Of(3_000));

    [Fact]   // Exact keys: what is known without the history must be what the history says.
    public void C13_Keys_read_at_a_kept_version_are_as_they_were() =>
        Gen.Select(Past, Gen.Int[0, 25], Gen.Int[1, 25]).Sample((past, at, oldest) =>
        {
            var (world, model) = Play(past, oldest);
            var version = new ContextVersion(Math.Min(at, model.Head.Number));
            var outcome = Now(ContextHistory.ReadAt(world.History, world.State, version, [new("a"), new("c"), new("never")]));
            if (version.Number < world.History.OldestVersion - 1)
            {
                AssertCompacted(world, Assert.IsType<ReadOutcome.Refused>(outcome).Problem);
                return;
            }

            var view = Assert.IsType<ReadOutcome.Found>(outcome).View;
            Assert.Equal(model.KeysAt(version).Where(key => key.Value is "a" or "c").Select(key => model.EntryAt(key, version)), view.Entries);
        }, iter: Cases.Of(3_000));

    [Fact]
    public void C13_Keys_that_have_not_changed_since_are_read_without_the_history_and_others_up_to_their_first_change()
    {
        var world = new ChannelWorld(new());
        world.Patch(Patch(null, Set("mine", "1"), Set("gone", "1")));
        world.Patch(Patch(null, Delete("gone")));
        for (var i = 0; i < 600; i++) world.Patch(Patch(null, Set("other", $"{i}")));
        world.Patch(Patch(null, Set("late", "1")));

        var view = Assert.IsType<ReadOutcome.Found>(Now(ContextHistory.ReadAt(world.History, world.State, new(2), [new("mine"), new("gone"), new("never")]))).View;

        Assert.Equal(["mine"], view.Entries.Select(entry => entry.Key.Value));
        Assert.Equal(0, world.History.EntriesRead);
        var first = Assert.IsType<ReadOutcome.Found>(Now(ContextHistory.ReadAt(world.History, world.State, new(1), [new("gone")]))).View;
        Assert.Equal("1", Assert.Single(first.Entries).Value.ToString());
        Assert.Equal(500, world.History.EntriesRead);   // One page.
    }

    [Fact]
    public void C13_A_diff_shows_each_key_that_is_another_with_both_entries() =>
        Gen.Select(Past, Gen.Int[0, 25], Gen.Int[0, 25], Gen.Int[1, 25], Gen.Int[1, 4]).Sample((past, one, two, oldest, limit) =>
        {
            var (world, model) = Play(past, oldest);
            var from = new ContextVersion(Math.Min(Math.Min(one, two), model.Head.Number));
            var to = new ContextVersion(Math.Min(Math.Max(one, two), model.Head.Number));
            var query = new DiffQuery { From = from, To = to, Limit = limit, Keys = [new("a*"), new("b")] };
            var outcome = Now(ContextDifference.Read(world.History, world.State, query));
            if (from.Number < world.History.OldestVersion - 1)
            {
                AssertCompacted(world, Assert.IsType<DiffOutcome.Refused>(outcome).Problem);
                return;
            }

            var found = new List<KeyDifference>();
            while (true)
            {
                var page = Assert.IsType<DiffOutcome.Found>(outcome);
                Assert.InRange(page.Keys.Length, page.Next is null ? 0 : limit, limit);
                found.AddRange(page.Keys);
                if (page.Next is not { } next) break;
                outcome = Now(ContextDifference.Read(world.History, world.State, query with { After = next }));
            }

            Assert.Equal(
                model.EveryKey.Where(key => key.Value != "c" && !Equals(model.ValueAt(key, from), model.ValueAt(key, to))).Select(key => new KeyDifference(key, model.EntryAt(key, from), model.EntryAt(key, to))),
                found);
        }, iter: Cases.Of(3_000));

    [Fact]
    public void C13_Blame_lists_every_kept_write_of_a_key_newest_first_and_who_made_it_what_it_is() =>
        Gen.Select(Past, Gen.OneOf(Keys), Gen.Int[0, 25], Gen.Int[1, 25], Gen.Int[1, 4]).Sample((past, key, upTo, oldest, limit) =>
        {
            var (world, model) = Play(past, oldest);
            ContextVersion? version = upTo == 0 ? null : new(Math.Min(upTo, model.Head.Number));
            var at = version ?? model.Head;
            var outcome = Now(new KeyHistory(world.History, world.State, new(key)).Read(version, limit));
            if (at.Number < world.History.OldestVersion - 1)
            {
                AssertCompacted(world, Assert.IsType<BlameOutcome.Refused>(outcome).Problem);
                return;
            }

            var found = new List<KeyWrite>();
            while (true)
            {
                var page = Assert.IsType<BlameOutcome.Found>(outcome);
                found.AddRange(page.Writes);
                if (page.Next is not { } next) break;
                outcome = Now(new KeyHistory(world.History, world.State, new(key)).Read(next, limit));
            }

            var kept = model.Commits.Reverse()
                .Where(commit => commit.Version <= at && commit.Version.Number >= world.History.OldestVersion && commit.Writes.Any(write => write.Key.Value == key))
                .Select(commit => new KeyWrite(commit.Version, commit.CommittedAt, commit.Origin, commit.Writes.Single(write => write.Key.Value == key).Value)).ToList();
            if (kept.Count == 0 && model.EntryAt(new(key), at) is { } entry) kept.Add(new(entry.Version, entry.CommittedAt, entry.Origin, entry.Value));
            Assert.Equal(kept, found);
        }, iter: Cases.Of(5_000));

    [Fact]
    public void C13_Blame_of_a_key_costs_its_own_writes_not_the_history()
    {
        var world = new ChannelWorld(new());
        world.Patch(Patch(null, Set("mine", "1")));
        for (var i = 0; i < 5_000; i++) world.Patch(Patch(null, Set("other", $"{i}")));
        world.Patch(Patch(null, Set("mine", "2")));

        var found = Assert.IsType<BlameOutcome.Found>(Now(new KeyHistory(world.History, world.State, new("mine")).Read(null, 2)));

        Assert.Equal([5_002, 1], found.Writes.Select(write => write.Version.Number));
        Assert.Equal(2, world.History.EntriesRead);
    }

    [Fact]
    public void C13_A_search_for_a_key_that_is_long_gone_goes_on_page_by_page()
    {
        var world = new ChannelWorld(new());
        world.Patch(Patch(null, Set("gone", "1")));
        world.Patch(Patch(null, Delete("gone")));
        for (var i = 0; i < 5_000; i++) world.Patch(Patch(null, Set("other", $"{i}")));

        var first = Assert.IsType<BlameOutcome.Found>(Now(new KeyHistory(world.History, world.State, new("gone")).Read(null, 100)));
        var second = Assert.IsType<BlameOutcome.Found>(Now(new KeyHistory(world.History, world.State, new("gone")).Read(first.Next, 100)));
        var third = Assert.IsType<BlameOutcome.Found>(Now(new KeyHistory(world.History, world.State, new("gone")).Read(second.Next, 100)));

        Assert.Empty(first.Writes);
        Assert.Equal([(2, false), (1, true)], second.Writes.Concat(third.Writes).Select(write => (write.Version.Number, write.Value is not null)));
    }

    [Fact]
    public void C13_History_that_goes_while_it_is_read_is_compacted_not_wrong()
    {
        var (world, _) = Play([([Set("a", "1")], 0), ([Set("a", "2")], 0), ([Set("a", "3")], 0)], 1);
        var journal = new KeptHistory();   // It kept nothing of what was asked, but did not know so when it was asked.

        Assert.IsType<ReadOutcome.Refused>(Now(ContextHistory.ReadAt(journal, world.State, new(1), [])));
        Assert.IsType<DiffOutcome.Refused>(Now(ContextDifference.Read(journal, world.State, new() { From = new(1) })));
    }

    private static void AssertCompacted(ChannelWorld world, Problem problem) =>
        Assert.Equal((ProblemKind.Compacted, world.History.OldestVersion - 1), (problem.Kind, problem.Oldest));

    private static (ChannelWorld World, ContextModel Model) Play((ContextWrite[] Writes, int Writer)[] past, long oldest)
    {
        var (world, model) = (new ChannelWorld(new()), new ContextModel());
        foreach (var (writes, writer) in past)
        {
            world.Now += TimeSpan.FromSeconds(1);
            var before = world.Commits.Count;
            world.Patch(Patch(null, writes).From(new($"writer{writer}")));
            if (world.Commits.Count > before) model.Add(world.Commits[^1]);
        }

        world.History.DropBefore(Math.Clamp(oldest, 1, Math.Max(1, model.Head.Number)));
        return (world, model);
    }

    private static T Now<T>(Task<T> done)
    {
        Assert.True(done.IsCompletedSuccessfully);
        return done.GetAwaiter().GetResult();
    }
}
