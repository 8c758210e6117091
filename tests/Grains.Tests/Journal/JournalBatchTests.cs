using System.Globalization;
using System.Text;
using Rosud.Context;

namespace Rosud.Journal;

/// <summary>Batches, and the records that hold several of them: what they are, what they refuse, and how they are bound to each other.</summary>
public sealed class JournalBatchTests
{
    private static readonly LogPoint Start = new(4, 7, ContentHash.Of("start"u8));

    [Fact]
    public void A_batch_is_read_as_it_was_written_and_goes_on_from_where_it_follows()
    {
        var operation = new JournalOperation(ContentHash.Of("id"u8), ContentHash.Of("body"u8), new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), "answer"u8.ToArray());
        var written = JournalBatch.Next(Start, [Commit(8), new(0, "run"u8.ToArray(), [new("r", "x"u8.ToArray(), default)], operation), Commit(9)], epoch: 3);

        var read = JournalBatch.Read(Start, RecordFrame.Read(written.Record));

        Assert.Equal((5L, 9L), (read.End.Position, read.End.Version));
        Assert.Equal(written.End, read.End);
        Assert.NotEqual(Start.Chain, read.End.Chain);
        Assert.Equal([8L, 0L, 9L], read.Entries.Select(entry => entry.Version));
        Assert.Equal(operation with { Answer = default }, read.Entries[1].Operation! with { Answer = default });
        Assert.Equal("answer"u8.ToArray(), read.Entries[1].Operation!.Answer.ToArray());
        Assert.Null(read.Entries[0].Operation);
        Assert.Equal("run"u8.ToArray(), read.Entries[1].Note.ToArray());
        Assert.Null(read.Entries[1].Changes[0].After);
        Assert.Equal([8L, 0L, 9L], JournalBatch.EntriesOf(RecordFrame.Read(written.Record)).Select(entry => entry.Version));
    }

    [Fact]
    public void A_batch_does_to_the_live_keys_what_its_entries_did()
    {
        var live = new Dictionary<string, ReadOnlyMemory<byte>> { ["a"] = "1"u8.ToArray(), ["b"] = "1"u8.ToArray() };
        JournalBatch.Next(Start, [new(8, default, [new("a", "1"u8.ToArray(), default), new("c", default, "2"u8.ToArray())])], epoch: 3).ApplyTo(live);

        Assert.Equal(["b", "c"], live.Keys.Order());
        Assert.Equal("2"u8.ToArray(), live["c"].ToArray());
    }

    [Fact]
    public void What_is_no_batch_is_refused_in_words()
    {
        string Fault(params JournalEntry[] entries) => Assert.Throws<ArgumentException>(() => JournalBatch.Next(Start, entries, 3)).Message;

        const string Count = "A batch has 1 to 512 entries. (Parameter 'entries')";
        Assert.Equal(Count, Fault());
        Assert.Equal(Count, Fault([.. Enumerable.Repeat(Commit(0), 513)]));
        Assert.Equal(512, JournalBatch.Next(Start, [.. Enumerable.Repeat(Commit(0), 512)], 3).Entries.Length);
        Assert.Equal("The next version is 9, not 10. (Parameter 'entries')", Fault(Commit(8), Commit(10)));
        Assert.StartsWith("The batch has ", Fault(new JournalEntry(8, new byte[RecordFrame.BytesMax], [])), StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_as_large_as_one_may_be_is_held_by_a_record()
    {
        var entry = new JournalEntry(8, new byte[JournalBatch.EntryBytesMax - 32], []);

        Assert.Equal(JournalBatch.EntryBytesMax, JournalBatch.SizeOf(entry));
        Assert.Equal(8, JournalBatch.Next(Start, [entry], 3).End.Version);
    }

    [Fact]
    public void A_size_counts_everything_that_an_entry_has()
    {
        var operation = new JournalOperation(default, default, default, new byte[5]);

        Assert.Equal(32 + 3, JournalBatch.SizeOf(new(1, new byte[3], [])));
        Assert.Equal(32 + 24 + 6 + 4 + 24 + 3 + 7, JournalBatch.SizeOf(new(1, default, [new("ab", new byte[4], default), new("c", default, new byte[7])])));
        Assert.Equal(32 + 96 + 5, JournalBatch.SizeOf(new(1, default, [], operation)));
    }

    [Fact]
    public void A_batch_that_does_not_follow_is_said()
    {
        var record = RecordFrame.Read(JournalBatch.Next(Start, [Commit(8)], 3).Record);
        string Fault(LogPoint start) => Assert.Throws<InvalidDataException>(() => JournalBatch.Read(start, record)).Message;

        Assert.Equal("The batch 5 does not follow 3: the log was changed.", Fault(Start with { Position = 3 }));
        Assert.Equal("The batch 5 does not follow 4: the log was changed.", Fault(Start with { Chain = default }));
        Assert.Equal("The log has version 8 where 10 follows.", Fault(Start with { Version = 9 }));
        var seal = RecordFrame.Read(new RecordWriter().Finish(RecordKind.Seal, 3, 5));
        Assert.Equal("The record is no batch.", Assert.Throws<InvalidDataException>(() => JournalBatch.EntriesOf(seal)).Message);
    }

    [Fact]
    public void A_segment_is_read_as_it_was_written_and_no_other_record_is()
    {
        var first = JournalBatch.Next(Start, [Commit(8)], 3);
        var record = RecordFrame.Read(JournalSegment.Write(6, 3, Start.Chain, [first.Record, JournalBatch.Next(first.End, [Commit(9)], 3).Record]));

        var (chain, batches) = JournalSegment.Read(6, record);

        Assert.Equal((RecordKind.Segment, 3L, 6L, Start.Chain), (record.Kind, record.Epoch, record.Position, chain));
        Assert.Equal([5L, 6L], batches.Select(batch => batch.Position));
        foreach (var (number, other) in new[] { (7L, record), (6L, default(RecordFrame?)), (6L, RecordFrame.Read(new RecordWriter().Finish(RecordKind.Page, 3, 6))) })
        {
            Assert.Equal($"The segment {number} is not there.", Assert.Throws<InvalidDataException>(() => JournalSegment.Read(number, other)).Message);
        }
    }

    [Fact]
    public void A_page_is_read_by_bases_from_its_own_on()
    {
        var record = RecordFrame.Read(JournalPage.Write(5, 3, ["a", "b"], new Values()));
        var live = new Dictionary<string, ReadOnlyMemory<byte>>();
        JournalPage.Read(record, 5, live);

        Assert.Equal((RecordKind.Page, 3L, 5L), (record.Kind, record.Epoch, record.Position));
        Assert.Equal(["value of a", "value of b"], live.OrderBy(pair => pair.Key).Select(pair => Encoding.UTF8.GetString(pair.Value.Span)));
        foreach (var (position, other) in new[] { (4L, record), (5L, default(RecordFrame?)), (5L, RecordFrame.Read(new RecordWriter().Finish(RecordKind.Seal, 3, 5))) })
        {
            Assert.Equal("A page that head names is not there.", Assert.Throws<InvalidDataException>(() => JournalPage.Read(other, position, [])).Message);
        }

        Assert.Equal("The live key 'gone' has no bytes.", Assert.Throws<InvalidOperationException>(() => JournalPage.Write(5, 3, ["gone"], new Values())).Message);
    }

    [Fact]
    public void Pages_that_changed_are_written_again_in_order()
    {
        var pages = new DirtyPages();
        pages.Reset(-1);
        pages.Mark([1]);
        Assert.Empty(pages.Indices);

        pages.Reset(2);
        pages.Mark([7, 5, 4]);
        Assert.Equal([0, 1, 3], pages.Indices);
        pages.Reset(0);
        pages.Mark([7]);
        Assert.Equal([0], pages.Indices);
    }

    private static JournalEntry Commit(long version) =>
        new(version, "note"u8.ToArray(), [new("a", default, Encoding.UTF8.GetBytes(version.ToString(CultureInfo.InvariantCulture)))]);

    private sealed class Values : IJournaled
    {
        public IEnumerable<string> Keys => ["a", "b"];

        public ReadOnlyMemory<byte>? Encode(string key) => key == "gone" ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes($"value of {key}");
    }
}
