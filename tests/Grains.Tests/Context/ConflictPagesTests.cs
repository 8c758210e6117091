using static Rosud.Context.ContextFixture;

namespace Rosud.Context;

/// <summary>SEMANTICS C10: pages of open conflicts, and what waits.</summary>
public sealed class ConflictPagesTests
{
    private const int PageBytes = 1024 * 1024;

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 1)]
    public void C10_A_page_holds_1_MiB_of_parked_and_current_values_and_no_more(int over, int found)
    {
        const int Current = 100_000;
        var parked = (PageBytes / 2) - Current - 2;   // Each conflict has its key twice, of one byte.
        var log = Waiting(ContextLog.Empty.Commit(Set("k", Text(Current))), Set("k", Text(parked)), Set("k", Text(parked + over)));

        AssertPage(log, found);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 1)]
    public void C10_A_page_counts_nothing_for_a_key_that_is_not_there(int over, int found) =>
        AssertPage(Waiting(ContextLog.Empty, Set("k", Text((PageBytes / 2) - 1)), Set("k", Text((PageBytes / 2) - 1 + over))), found);

    [Fact]
    public void C10_A_conflict_that_is_larger_than_a_page_has_one_of_its_own()
    {
        var log = Waiting(ContextLog.Empty, Set("k", Text(PageBytes + 1)), Set("k", "1"));

        Assert.Equal([1L], ConflictPages.Of(log, 0, 10).Conflicts.Select(conflict => conflict.Parked.Number));
        Assert.Equal([2L], ConflictPages.Of(log, 1, 10).Conflicts.Select(conflict => conflict.Parked.Number));
    }

    [Fact]
    public void C10_What_was_resolved_takes_no_room_any_more()
    {
        var log = Waiting(ContextLog.Empty, Set("a", "12"), Set("a", "1"), Delete("b"));
        Assert.Equal((3, 6L, 2, 1), (log.Parked.Count, log.Parked.Bytes, log.Parked.CountOf(new("a")), log.Parked.CountOf(new("b"))));

        var left = log.Parked.Remove(log.Parked.Find(1)!);
        Assert.Equal((2, 3L, 1, 1), (left.Count, left.Bytes, left.CountOf(new("a")), left.CountOf(new("b"))));
        left = left.Remove(left.Find(2)!).Remove(left.Find(3)!);
        Assert.Equal((0, 0L, 0, 0, 3L), (left.Count, left.Bytes, left.CountOf(new("a")), left.CountOf(new("b")), left.LastNumber));
    }

    private static void AssertPage(ContextLog log, int found)
    {
        var page = ConflictPages.Of(log, 0, 10);

        Assert.Equal((found, found == 2 ? null : (long?)1, log.Head), (page.Conflicts.Length, page.Next, page.Head));
        Assert.Equal(log.Find(new("k")), page.Conflicts[0].Current);
    }

    private static ContextLog Waiting(ContextLog log, params ContextWrite[] writes) =>
        writes.Aggregate(log, (log, write) => log with { Parked = log.Parked.Park(write, Patch(0, write), log.Head, Noon).Next });

    private static string Text(int bytes) => $"\"{new string('x', bytes - 2)}\"";
}
