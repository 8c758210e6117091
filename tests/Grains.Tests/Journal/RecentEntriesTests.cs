namespace Rosud.Journal;

public sealed class RecentEntriesTests
{
    [Fact]
    public void The_newest_stay_that_fit_into_the_bytes()
    {
        var size = JournalBatch.SizeOf(Entry(1));
        var recent = new RecentEntries(new() { MemoryEntries = 100, MemoryBytes = 2 * size });

        for (var version = 1; version <= 9; version++) recent.Add(Entry(version));

        Assert.Equal([8L, 9L], recent.After(7, 10).Select(entry => entry.Version));
        Assert.True(recent.Covers(7));
        Assert.False(recent.Covers(6));
    }

    [Fact]
    public void One_that_is_too_large_by_itself_stays_alone()
    {
        var recent = new RecentEntries(new() { MemoryEntries = 100, MemoryBytes = 1 });

        recent.Add(Entry(1));
        recent.Add(Entry(2));

        Assert.Equal([2L], recent.After(1, 10).Select(entry => entry.Version));
    }

    private static JournalEntry Entry(long version) => new(version, "note"u8.ToArray(), [new("key", null, "value"u8.ToArray())]);
}
