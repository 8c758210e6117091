using System.Collections.Immutable;
using CsCheck;

namespace Rosud.Histories;

public sealed class HistoryCheckerTests
{
    private const int Histories = 6_000;

    [Fact]
    public void No_good_history_is_refused()
    {
        for (var seed = 0; seed < 2 * Histories; seed++)
        {
            var violations = HistoryChecker.Check(GoodHistory.Of(seed));
            Assert.True(violations.IsEmpty, $"Seed {seed}: {string.Join(" ", violations)}");
        }
    }

    [Fact]   // About 110,000 spoiled histories.
    public void Every_corruption_of_a_good_history_is_found()
    {
        var spoiled = Corruptions.All.ToDictionary(corruption => corruption.Name, _ => 0);
        for (var seed = 0; seed < Histories; seed++)
        {
            var good = GoodHistory.Of(seed);
            foreach (var (kind, name, spoil) in Corruptions.All)
            {
                if (spoil(good, new(seed)) is not { } bad) continue;
                spoiled[name]++;
                Assert.True(HistoryChecker.Check(bad).Any(violation => violation.Kind == kind), $"Seed {seed}: {name}");
            }
        }

        Assert.All(spoiled, pair => Assert.True(pair.Value > Histories / 20, $"{pair.Key}: only {pair.Value}"));
        Assert.True(spoiled.Values.Sum() > 100_000, $"Only {spoiled.Values.Sum()} cases.");
    }

    [Fact]   // The model compares every pair of things.
    public void The_checker_agrees_with_the_rules_as_they_read() =>
        Gen.Select(Gen.Int[0, int.MaxValue - 1], Gen.Int[0, Corruptions.All.Length - 1].Array[0, 3]).Sample(
            (seed, corruptions) =>
            {
                var random = new Random(seed);
                var history = GoodHistory.Of(seed);
                foreach (var number in corruptions) history = TrySpoil(number, history, random) ?? history;
                var found = HistoryChecker.Check(history).Select(violation => violation.Kind).Distinct().Order();
                if (Falls(history.Log)) Assert.Contains(Broken.NotDense, found);
                else Assert.Equal(SlowChecker.Check(history), found);
            },
            iter: Cases.Of(5_000),
            threads: 1);

    [Fact]
    public void A_lost_write_is_told_with_all_that_is_needed_to_look_for_it()
    {
        var write = new WriteOperation(3, "op-7", [new("a", "1")], TimeSpan.Zero, TimeSpan.FromMilliseconds(5)) { Told = Told.Accepted, Version = 1 };

        var violation = Assert.Single(HistoryChecker.Check(new("c") { Writes = [write] }));

        Assert.Equal("Lost: The write op-7 of session 3 was acknowledged as version 1; the log ends at 0 and has the write nowhere.", violation.ToString());
    }

    [Fact]
    public void A_gap_that_names_what_is_missing_is_no_violation()
    {
        LogEntry Entry(long version) => new(version, $"op-{version}", [new("a", $"{version}")]);
        WriteOperation Write(long version) => new(1, $"op-{version}", Entry(version).Writes, TimeSpan.FromSeconds(version), TimeSpan.FromSeconds(version + 0.5)) { Told = Told.Accepted, Version = version };
        var listener = new ListenerHistory("l", 0, [new Heard.Commit(1, Entry(1).Writes), new Heard.Gap(1, 3), new Heard.Commit(4, Entry(4).Writes)], true);
        var history = new ChannelHistory("c") { Log = [Entry(1), Entry(2), Entry(3), Entry(4)], Writes = [Write(1), Write(2), Write(3), Write(4)], Listeners = [listener] };

        Assert.Empty(HistoryChecker.Check(history));
        var silent = history with { Listeners = [listener with { Items = listener.Items.RemoveAt(1) }] };
        Assert.Equal("Skipped: l was told version 4 after version 1: 2 to 3 are missing, and there was no gap.", Assert.Single(HistoryChecker.Check(silent)).ToString());
    }

    // What the context was at a version means nothing in a log that goes back; that it does is what there is to say.
    private static bool Falls(ImmutableArray<LogEntry> log) => log.Zip(log.Skip(1)).Any(pair => pair.Second.Version < pair.First.Version);

    // What one corruption leaves may be nothing that the next can be made of.
    private static ChannelHistory? TrySpoil(int number, ChannelHistory history, Random random)
    {
        try
        {
            return Corruptions.All[number].Spoil(history, random);
        }
        catch (Exception fault) when (fault is InvalidOperationException or ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            return null;
        }
    }
}
