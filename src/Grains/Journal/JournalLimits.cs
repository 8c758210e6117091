namespace Rosud.Journal;

/// <summary>The sizes of a journal: PROTOCOL-journal "Numbers". Tests make them small.</summary>
internal sealed record JournalLimits
{
    /// <summary>Slots in the ring (K).</summary>
    public int Slots { get; init; } = 128;

    /// <summary>Records that are read or written at once.</summary>
    public int Window { get; init; } = 16;

    /// <summary>Live slots at which the ring is folded into a segment.</summary>
    public int FoldSlots { get; init; } = 64;

    /// <summary>Bytes in live slots at which the ring is folded into a segment.</summary>
    public int FoldBytes { get; init; } = 1024 * 1024;

    /// <summary>Segment cells (S).</summary>
    public int SegmentCells { get; init; } = 256;

    /// <summary>Segments since the base at which a new base is written.</summary>
    public int BaseSegments { get; init; } = 96;

    /// <summary>Least bytes of segments since the base at which a new base is written; half of the live bytes when that is more.</summary>
    public int BaseBytesMin { get; init; } = 4 * 1024 * 1024;

    /// <summary>About how many bytes of live keys one page holds.</summary>
    public int PageBytes { get; init; } = 64 * 1024;

    /// <summary>The most pages a base has; a power of two.</summary>
    public int PagesMax { get; init; } = 1024;

    /// <summary>Operations that are remembered.</summary>
    public int Operations { get; init; } = 32_000;

    /// <summary>Operations per ops cell.</summary>
    public int OperationsPerCell { get; init; } = 1_000;

    /// <summary>How long operations are remembered.</summary>
    public TimeSpan OperationsFor { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Versions of history that are kept.</summary>
    public long HistoryVersions { get; init; } = 10_000;

    /// <summary>How long history is kept.</summary>
    public TimeSpan HistoryFor { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Bytes of history that are kept.</summary>
    public long HistoryBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Newest records kept in memory for their entries, in bytes; the last in any case.</summary>
    public int MemoryBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Newest commits kept in memory, in number; more when the record of the oldest has others.</summary>
    public int MemoryEntries { get; init; } = 256;
}
