using System.Globalization;
using System.Text;

namespace Rosud.Journal;

public sealed class RecentBatchesTests
{
    private LogPoint _end;

    [Fact]
    public void The_newest_commits_are_kept_up_to_their_number()
    {
        var recent = new RecentBatches(new() { MemoryEntries = 3, MemoryBytes = 10_000 });
        Assert.False(recent.Covers(0));
        foreach (var version in new long[] { 1, 2, 0, 3, 4 }) recent.Add(Batch(version));

        Assert.Equal((true, false), (recent.Covers(1), recent.Covers(0)));
        Assert.Equal("2,3", Versions(recent.After(1, 2)));
        Assert.Equal("4", Versions(recent.After(3, 9)));
        Assert.Equal("", Versions(recent.After(4, 9)));
    }

    [Fact]
    public void A_batch_stays_whole_as_long_as_one_of_its_commits_is_among_the_newest()
    {
        var recent = new RecentBatches(new() { MemoryEntries = 3, MemoryBytes = 10_000 });
        recent.Add(Batch(1, 2, 0));
        recent.Add(Batch(0, 3, 4));
        Assert.Equal("1,2,3,4", Versions(recent.After(0, 9)));
        Assert.Equal("2,3", Versions(recent.After(1, 2)));

        recent.Add(Batch(5));
        Assert.Equal((true, false), (recent.Covers(2), recent.Covers(1)));
        Assert.Equal("4,5", Versions(recent.After(3, 9)));
    }

    [Theory]
    [InlineData(0, "1,2")]
    [InlineData(-1, "2")]
    public void They_are_kept_as_long_as_their_records_fit_and_the_last_in_any_case(int over, string kept)
    {
        var (first, second) = (Batch(1), Batch(2));
        var recent = new RecentBatches(new() { MemoryEntries = 9, MemoryBytes = first.Record.Length + second.Record.Length + over });
        recent.Add(first);
        recent.Add(second);
        Assert.Equal(kept, Versions(recent.After(0, 9)));

        recent.Add(Next([Commit(3) with { Note = new byte[5_000] }]));
        Assert.Equal("3", Versions(recent.After(0, 9)));
    }

    [Fact]
    public void An_entry_comes_back_as_it_was()
    {
        var recent = new RecentBatches(new());
        var entry = new JournalEntry(1, "note"u8.ToArray(), [new("a", null, "1"u8.ToArray()), new("b", "2"u8.ToArray(), null)]);
        recent.Add(Next([entry]));

        var read = Assert.Single(recent.After(0, 1));

        Assert.Equal("note", Encoding.UTF8.GetString(read.Note.Span));
        Assert.Equal(["a:-:1", "b:2:-"], read.Changes.Select(change => $"{change.Key}:{Text(change.Before)}:{Text(change.After)}"));
    }

    private JournalBatch Batch(params long[] versions) => Next([.. versions.Select(Commit)]);

    private JournalBatch Next(IReadOnlyList<JournalEntry> entries)
    {
        var batch = JournalBatch.Next(_end, entries, 1);
        _end = batch.End;
        return batch;
    }

    private static JournalEntry Commit(long version) =>
        new(version, "note"u8.ToArray(), [new("a", default, Encoding.UTF8.GetBytes(version.ToString(CultureInfo.InvariantCulture)))]);

    private static string Text(ReadOnlyMemory<byte>? bytes) => bytes is { } there ? Encoding.UTF8.GetString(there.Span) : "-";

    private static string Versions(IReadOnlyList<JournalEntry> entries) => string.Join(',', entries.Select(entry => entry.Version));
}
