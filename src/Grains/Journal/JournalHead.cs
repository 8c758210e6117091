using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Journal;

/// <summary>A point in the log: the last batch and version it has, and the chain hash there.</summary>
internal readonly record struct LogPoint(long Position, long Version, ContentHash Chain);

/// <summary>One segment that head names. Its number gives its cell; the segment before it says where it begins.</summary>
/// <param name="Position">Its last batch.</param>
/// <param name="Version">Its last version.</param>
/// <param name="At">When it was folded.</param>
internal readonly record struct SegmentEntry(long Position, long Version, int Bytes, DateTimeOffset At);

/// <summary>The record <c>head</c>: what is live. One compare-and-swap of it makes a fold, a base or a takeover.</summary>
internal sealed record JournalHead
{
    /// <summary>The record's name.</summary>
    public const string Name = "head";

    /// <summary>A journal that nobody has opened.</summary>
    public static JournalHead Empty { get; } = new();

    public long Epoch { get; init; }

    /// <summary>The end of what has left the ring.</summary>
    public LogPoint Fold { get; init; }

    /// <summary>The end of what is in the pages.</summary>
    public LogPoint Base { get; init; }

    /// <summary>There are 2^level pages; -1 when there was no base yet.</summary>
    public int PageLevel { get; init; } = -1;

    /// <summary>Which of its two copies is live, for each page.</summary>
    public ImmutableArray<bool> PageCopies { get; init; } = [];

    /// <summary>Operations before the base, forgotten ones included.</summary>
    public long Operations { get; init; }

    /// <summary>Which of its two copies is live, for each ops cell.</summary>
    public ImmutableArray<bool> OperationCopies { get; init; } = [];

    /// <summary>The number of the oldest segment.</summary>
    public long FirstSegment { get; init; }

    /// <summary>The oldest version that a segment, or the ring, has.</summary>
    public long FirstVersion { get; init; } = 1;

    public ImmutableArray<SegmentEntry> Segments { get; init; } = [];

    /// <summary>The number that the next segment gets.</summary>
    public long NextSegment => FirstSegment + Segments.Length;

    /// <summary>The segments that the base does not have yet.</summary>
    public int FirstAfterBase
    {
        get
        {
            var index = Segments.Length;
            while (index > 0 && Segments[index - 1].Position > Base.Position) index--;
            return index;
        }
    }

    /// <summary>The live copy of a page.</summary>
    public string Page(int index) => PageName(PageLevel, index, PageCopies[index]);

    /// <summary>The live copy of an ops cell.</summary>
    public string OperationCell(long number) => OperationName(number, OperationCopies, isSpare: false);

    public static string PageName(int level, int index, bool copy) => $"page-{level}-{index}-{(copy ? 1 : 0)}";

    public static string OperationName(long number, ImmutableArray<bool> copies, bool isSpare)
    {
        var cell = (int)(number % copies.Length);
        return $"ops-{cell}-{(copies[cell] == isSpare ? 0 : 1)}";
    }

    /// <summary>This head without the segments that are neither needed for recovery nor kept as history.</summary>
    /// <param name="room">How many segments must fit afterwards; the oldest go first, history or not.</param>
    public JournalHead Retain(JournalLimits limits, DateTimeOffset now, int room, bool behindBase = true)
    {
        var bytes = Segments.Sum(segment => (long)segment.Bytes);
        var dropped = 0;
        foreach (var segment in Segments)
        {
            var isHistory = Fold.Version - segment.Version < limits.HistoryVersions && now - segment.At <= limits.HistoryFor && bytes <= limits.HistoryBytes;
            var isNeeded = behindBase && segment.Position > Base.Position;
            if (isNeeded || (isHistory && Segments.Length - dropped <= room)) break;
            bytes -= segment.Bytes;
            dropped++;
        }

        return dropped == 0 ? this : this with
        {
            FirstSegment = FirstSegment + dropped,
            FirstVersion = Segments[dropped - 1].Version + 1,
            Segments = Segments.RemoveRange(0, dropped),
        };
    }

    public byte[] Write()
    {
        var output = new RecordWriter(1024);
        Write(output, Fold);
        Write(output, Base);
        output.Number(PageLevel + 1);
        Write(output, PageCopies);
        output.Number(Operations);
        Write(output, OperationCopies);
        output.Number(FirstSegment);
        output.Number(FirstVersion);
        output.Number(Segments.Length);
        var before = default(SegmentEntry);
        foreach (var segment in Segments)
        {
            output.Number(segment.Position - before.Position);
            output.Number(segment.Version - before.Version);
            output.Number(segment.Bytes);
            output.Number(Math.Max(0, (segment.At - before.At).Ticks / TimeSpan.TicksPerSecond));
            before = segment with { At = before.At.AddSeconds(Math.Max(0, (segment.At - before.At).Ticks / TimeSpan.TicksPerSecond)) };
        }

        return output.Finish(RecordKind.Head, Epoch, Fold.Position);
    }

    public static JournalHead Read(RecordFrame record)
    {
        if (record.Kind != RecordKind.Head) throw new InvalidDataException("The record head is of another kind.");
        var input = new RecordReader(record.Body);
        var head = new JournalHead
        {
            Epoch = record.Epoch,
            Fold = ReadPoint(ref input),
            Base = ReadPoint(ref input),
            PageLevel = input.Count() - 1,
            PageCopies = ReadCopies(ref input),
            Operations = input.Number(),
            OperationCopies = ReadCopies(ref input),
            FirstSegment = input.Number(),
            FirstVersion = input.Number(),
        };
        var segments = ImmutableArray.CreateBuilder<SegmentEntry>(input.Count());
        var before = default(SegmentEntry);
        for (var i = 0; i < segments.Capacity; i++)
        {
            before = new(before.Position + input.Number(), before.Version + input.Number(), input.Count(), before.At.AddSeconds(input.Number()));
            segments.Add(before);
        }

        return head with { Segments = segments.DrainToImmutable() };
    }

    private static void Write(RecordWriter output, LogPoint point)
    {
        output.Number(point.Position);
        output.Number(point.Version);
        output.Hash(point.Chain);
    }

    private static LogPoint ReadPoint(ref RecordReader input) => new(input.Number(), input.Number(), input.Hash());

    private static void Write(RecordWriter output, ImmutableArray<bool> copies)
    {
        var bits = new byte[(copies.Length + 7) / 8];
        for (var i = 0; i < copies.Length; i++) bits[i / 8] |= (byte)(copies[i] ? 1 << (i % 8) : 0);
        output.Number(copies.Length);
        output.Bytes(bits);
    }

    private static ImmutableArray<bool> ReadCopies(ref RecordReader input)
    {
        var count = input.Count();
        var bits = input.Bytes().Span;
        var copies = ImmutableArray.CreateBuilder<bool>(count);
        for (var i = 0; i < count; i++) copies.Add((bits[i / 8] & (1 << (i % 8))) != 0);
        return copies.MoveToImmutable();
    }
}
