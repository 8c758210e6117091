namespace Rosud.Journal;

/// <summary>When the ring becomes a segment, when segments become a base, and in how many pages that lies. Pure.</summary>
internal static class FoldRules
{
    /// <summary>Whether the ring should be folded.</summary>
    /// <param name="batches">Batches in the ring.</param>
    /// <param name="bytes">Their bytes.</param>
    public static bool IsFoldDue(int batches, long bytes, JournalLimits limits) =>
        batches > 0 && (batches >= Math.Min(limits.FoldSlots, limits.Slots - 1) || bytes >= limits.FoldBytes);

    /// <summary>Whether a new base should be written: many segments since the last, or many bytes beside what lives, or no cell for another segment.</summary>
    /// <param name="liveBytes">About how many bytes the live keys take.</param>
    /// <param name="dropsBehindBase">Whether a segment's cell is only free once a base has it (R5).</param>
    /// <param name="times">How many times as much it takes.</param>
    public static bool IsBaseDue(JournalHead head, long liveBytes, JournalLimits limits, bool dropsBehindBase = true, int times = 1)
    {
        var since = head.Segments.AsSpan()[head.FirstAfterBase..];
        if (since.IsEmpty) return false;
        var bytes = 0L;
        foreach (var segment in since) bytes += segment.Bytes;
        return since.Length >= limits.BaseSegments * times || bytes >= Math.Max(limits.BaseBytesMin, liveBytes / 2) * times || !HasCell(head, limits, dropsBehindBase);
    }

    /// <summary>The base's pages, as a power of two. A level is left only when its pages are twice too large or four times too small, for every page is written again then.</summary>
    public static int PageLevel(int level, long liveBytes, JournalLimits limits)
    {
        var wanted = 0;
        while (1 << wanted < limits.PagesMax && (long)limits.PageBytes << wanted < liveBytes) wanted++;
        return wanted > level || wanted < level - 1 ? wanted : level;
    }

    /// <summary>How many of these batches one segment holds, the first in any case.</summary>
    public static int SegmentOf(IEnumerable<int> bytes)
    {
        var (count, sum) = (0, 0L);
        foreach (var batch in bytes)
        {
            sum += batch;
            if (sum > JournalSegment.BytesMax && count > 0) break;
            count++;
        }

        return count;
    }

    /// <summary>Whether there is a cell for another segment. With nothing before the base that could be dropped, the last free cell is for the segment that is written before the next look.</summary>
    public static bool HasCell(JournalHead head, JournalLimits limits, bool dropsBehindBase) =>
        head.Segments.Length < limits.SegmentCells - 1 || !dropsBehindBase || head.FirstAfterBase > 0;
}
