using Rosud.Context;

namespace Rosud.Journal;

/// <summary>PROTOCOL-journal "head": what it names, what it keeps and what it lets go.</summary>
public sealed class JournalHeadTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ContentHash Chain = ContentHash.Of("chain"u8);

    /// <summary>Three segments of ten versions and 100 bytes each, folded at noon, of which the base has all.</summary>
    private static readonly JournalHead Three = new()
    {
        Fold = new(30, 30, Chain),
        Base = new(30, 30, Chain),
        Segments = [new(10, 10, 100, Noon), new(20, 20, 100, Noon), new(30, 30, 100, Noon)],
    };

    private static readonly JournalLimits Keeping = new() { HistoryVersions = 1_000, HistoryFor = TimeSpan.FromDays(7), HistoryBytes = 1_000 };

    [Fact]
    public void A_head_is_read_as_it_was_written()
    {
        var head = Three with
        {
            Epoch = 7,
            Base = new(20, 19, ContentHash.Of("base"u8)),
            PageLevel = 3,
            PageCopies = [true, false, false, true, false, true, false, true, true],
            Operations = 1_001,
            OperationCopies = [false, true],
            FirstSegment = 4,
            FirstVersion = 5,
            Segments = [new(10, 10, 100, Noon), new(20, 20, 300, Noon.AddSeconds(90)), new(30, 30, 200, Noon.AddDays(1))],
        };

        var read = JournalHead.Read(RecordFrame.Read(head.Write()));

        Assert.Equal(head with { PageCopies = default, OperationCopies = default, Segments = default }, read with { PageCopies = default, OperationCopies = default, Segments = default });
        Assert.Equal(head.PageCopies.ToArray(), read.PageCopies.ToArray());
        Assert.Equal(head.OperationCopies.ToArray(), read.OperationCopies.ToArray());
        Assert.Equal(head.Segments.ToArray(), read.Segments.ToArray());
        Assert.Equal((7, 7L), (read.NextSegment, read.Epoch));
    }

    [Fact]
    public void Eight_pages_or_cells_take_a_byte() =>
        Assert.Equal(1, (Three with { PageLevel = 4, PageCopies = [.. new bool[16]] }).Write().Length - (Three with { PageLevel = 3, PageCopies = [.. new bool[8]] }).Write().Length);

    [Fact]
    public void The_head_of_a_new_journal_is_read_as_it_was_written() =>
        Assert.Equal(JournalHead.Empty with { PageCopies = default, OperationCopies = default, Segments = default },
            JournalHead.Read(RecordFrame.Read(JournalHead.Empty.Write())) with { PageCopies = default, OperationCopies = default, Segments = default });

    [Fact]
    public void Times_of_segments_are_kept_to_the_second_and_never_go_back()
    {
        var head = Three with { Segments = [new(10, 10, 1, Noon.AddSeconds(1.9)), new(20, 20, 1, Noon.AddSeconds(-5)), new(30, 30, 1, Noon.AddSeconds(3.5))] };

        Assert.Equal([1, 1, 3], JournalHead.Read(RecordFrame.Read(head.Write())).Segments.Select(segment => (int)(segment.At - Noon).TotalSeconds));
    }

    [Fact]
    public void A_record_of_another_kind_is_no_head()
    {
        var fault = Assert.Throws<InvalidDataException>(() => JournalHead.Read(RecordFrame.Read(new RecordWriter(0).Finish(RecordKind.Seal, 1, 1))));

        Assert.Equal("The record head is of another kind.", fault.Message);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(9, 0)]
    [InlineData(10, 1)]
    [InlineData(20, 2)]
    [InlineData(30, 3)]
    public void Segments_after_the_base_are_those_that_end_after_it(long basePosition, int first) =>
        Assert.Equal(first, (Three with { Base = new(basePosition, basePosition, Chain) }).FirstAfterBase);

    [Fact]
    public void Of_each_cell_one_copy_is_live_and_one_is_spare()
    {
        var head = JournalHead.Empty with { PageLevel = 1, PageCopies = [true, false], OperationCopies = [true, false, false] };

        Assert.Equal(("page-1-0-1", "page-1-1-0"), (head.Page(0), head.Page(1)));
        Assert.Equal(("ops-0-1", "ops-1-0"), (head.OperationCell(3), head.OperationCell(4)));
        Assert.Equal(("ops-0-0", "ops-1-1"), (JournalHead.OperationName(3, head.OperationCopies, isSpare: true), JournalHead.OperationName(4, head.OperationCopies, isSpare: true)));
    }

    [Fact]
    public void C13_History_within_all_limits_stays() => Assert.Same(Three, Three.Retain(Keeping, Noon, room: 3));

    [Theory]
    [InlineData(21, 0)]
    [InlineData(20, 1)]
    [InlineData(11, 1)]
    [InlineData(10, 2)]
    [InlineData(0, 3)]
    public void C13_History_is_kept_for_so_many_versions(long versions, int dropped) => AssertDropped(dropped, Three.Retain(Keeping with { HistoryVersions = versions }, Noon, room: 3));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 3)]
    public void C13_History_is_kept_for_so_long(long ticksOver, int dropped) => AssertDropped(dropped, Three.Retain(Keeping, Noon + Keeping.HistoryFor + new TimeSpan(ticksOver), room: 3));

    [Theory]
    [InlineData(300, 0)]
    [InlineData(299, 1)]
    [InlineData(200, 1)]
    [InlineData(199, 2)]
    public void C13_History_is_kept_up_to_so_many_bytes(long bytes, int dropped) => AssertDropped(dropped, Three.Retain(Keeping with { HistoryBytes = bytes }, Noon, room: 3));

    [Theory]
    [InlineData(3, 0)]
    [InlineData(2, 1)]
    [InlineData(0, 3)]
    public void The_oldest_history_makes_room_for_new_segments(int room, int dropped) => AssertDropped(dropped, Three.Retain(Keeping, Noon, room));

    [Theory]
    [InlineData(0, true, 0)]
    [InlineData(20, true, 2)]
    [InlineData(20, false, 3)]
    public void A_segment_that_the_base_does_not_have_stays_whatever_the_limits_say(long basePosition, bool behindBase, int dropped) =>
        AssertDropped(dropped, (Three with { Base = new(basePosition, basePosition, Chain) }).Retain(Keeping with { HistoryVersions = 0 }, Noon, 0, behindBase), basePosition);

    private static void AssertDropped(int dropped, JournalHead head, long basePosition = 30)
    {
        Assert.Equal((dropped, dropped == 0 ? 1 : (dropped * 10) + 1, 3L), (head.FirstSegment, head.FirstVersion, head.NextSegment));
        Assert.Equal(Three.Segments.Skip(dropped), head.Segments);
        Assert.Equal((Three.Fold, basePosition), (head.Fold, head.Base.Position));
    }
}
