using CsCheck;
using Rosud.Context;

namespace Rosud.Journal;

/// <summary>PROTOCOL-journal "Numbers": when the ring becomes a segment and segments a base.</summary>
public sealed class FoldRulesTests
{
    private static readonly ContentHash Chain = ContentHash.Of("chain"u8);

    private static readonly JournalLimits Limits = new()
    {
        Slots = 10,
        FoldSlots = 6,
        FoldBytes = 1_000,
        SegmentCells = 8,
        BaseSegments = 4,
        BaseBytesMin = 400,
        PageBytes = 64,
        PagesMax = 8,
    };

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(0, 5_000, false)]   // Nothing is there, whatever it weighs.
    [InlineData(5, 999, false)]
    [InlineData(6, 0, true)]
    [InlineData(1, 999, false)]
    [InlineData(1, 1_000, true)]
    public void The_ring_is_folded_at_so_many_batches_or_bytes(int batches, long bytes, bool isDue) =>
        Assert.Equal(isDue, FoldRules.IsFoldDue(batches, bytes, Limits));

    [Theory]   // One slot stays free, so a ring that is smaller than its fold is folded when it is all but full.
    [InlineData(8, false)]
    [InlineData(9, true)]
    public void A_small_ring_is_folded_before_it_is_full(int batches, bool isDue) =>
        Assert.Equal(isDue, FoldRules.IsFoldDue(batches, 0, Limits with { FoldSlots = 50 }));

    [Theory]
    [InlineData(0, 100, 0, false)]    // Nothing since the base.
    [InlineData(3, 100, 0, false)]
    [InlineData(4, 1, 0, true)]       // So many segments.
    [InlineData(3, 133, 0, false)]    // 399 bytes.
    [InlineData(2, 200, 0, true)]     // 400.
    [InlineData(2, 200, 801, true)]
    [InlineData(2, 200, 802, false)]  // Half of what lives is 401.
    [InlineData(2, 300, 1_200, true)]
    [InlineData(2, 300, 1_202, false)]
    public void A_base_is_due_after_so_many_segments_or_bytes(int since, int bytesEach, long live, bool isDue)
    {
        var head = Head(behind: 1, since, bytesEach);

        Assert.Equal(isDue, FoldRules.IsBaseDue(head, live, Limits));
    }

    [Theory]
    [InlineData(7, 1, false)]
    [InlineData(8, 1, true)]      // Twice as many segments.
    [InlineData(2, 399, false)]
    [InlineData(2, 400, true)]    // Twice as many bytes.
    public void A_base_is_twice_overdue_after_twice_as_much(int since, int bytesEach, bool isDue) =>
        Assert.Equal(isDue, FoldRules.IsBaseDue(Head(behind: 1, since, bytesEach), 0, Limits with { SegmentCells = 100 }, times: 2));

    [Theory]
    [InlineData(0, 6, true, false)]
    [InlineData(0, 7, true, true)]    // The next segment would have no cell, and nothing can be dropped.
    [InlineData(0, 7, false, false)]  // Unless a cell needs no base.
    [InlineData(1, 7, true, false)]   // What the base has makes room.
    public void A_base_is_due_when_the_cells_are_used_up(int behind, int since, bool dropsBehindBase, bool isDue) =>
        Assert.Equal(isDue, FoldRules.IsBaseDue(Head(behind, since, 1), 0, Limits with { BaseSegments = 100 }, dropsBehindBase));

    [Theory]
    [InlineData(-1, 0, 0)]
    [InlineData(-1, 64, 0)]
    [InlineData(-1, 65, 1)]
    [InlineData(-1, 128, 1)]
    [InlineData(-1, 129, 2)]
    [InlineData(-1, 100_000, 3)]      // At most eight pages.
    [InlineData(2, 257, 3)]           // Larger at once.
    [InlineData(3, 256, 3)]           // Half as many would do: they stay.
    [InlineData(3, 129, 3)]
    [InlineData(3, 128, 1)]           // A quarter would do.
    [InlineData(1, 1, 1)]
    [InlineData(2, 1, 0)]
    public void Pages_double_at_once_and_shrink_only_when_a_quarter_would_do(int level, long live, int wanted) =>
        Assert.Equal(wanted, FoldRules.PageLevel(level, live, Limits));

    [Theory]
    [InlineData(new int[0], 0)]
    [InlineData(new[] { 1 }, 1)]
    [InlineData(new[] { JournalSegment.BytesMax + 1, 1 }, 1)]   // The first in any case.
    [InlineData(new[] { JournalSegment.BytesMax - 1, 1 }, 2)]
    [InlineData(new[] { JournalSegment.BytesMax, 1 }, 1)]
    [InlineData(new[] { JournalSegment.BytesMax - 1, 1, 1 }, 2)]
    public void A_segment_holds_what_fits(int[] bytes, int count) => Assert.Equal(count, FoldRules.SegmentOf(bytes));

    [Fact]   // The slow, obvious version: the longest beginning that fits.
    public void A_segment_holds_the_longest_beginning_that_fits() =>
        Gen.Int[1, JournalSegment.BytesMax].Array[0, 8].Sample(bytes =>
        {
            var model = Enumerable.Range(0, bytes.Length + 1).Last(count => count <= 1 || bytes.Take(count).Sum(one => (long)one) <= JournalSegment.BytesMax);
            Assert.Equal(model, FoldRules.SegmentOf(bytes));
        }, iter: Cases.Of(2_000));

    private static JournalHead Head(int behind, int since, int bytesEach) => new()
    {
        Base = new(behind * 10, behind * 10, Chain),
        Fold = new((behind + since) * 10, (behind + since) * 10, Chain),
        Segments = [.. Enumerable.Range(1, behind + since).Select(number => new SegmentEntry(number * 10, number * 10, number <= behind ? 100_000 : bytesEach, DateTimeOffset.UnixEpoch))],
    };
}
