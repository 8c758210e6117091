using Rosud.Context;

namespace Rosud.Journal;

/// <summary>The batches of one fold, in order: redo, history and audit in one record.</summary>
internal static class JournalSegment
{
    /// <summary>The most bytes of batches in one segment, unless it has only one.</summary>
    public const int BytesMax = 1280 * 1024;

    /// <summary>The record of the segment with this number.</summary>
    /// <param name="chain">The chain hash before its first batch.</param>
    public static byte[] Write(long number, long epoch, ContentHash chain, IReadOnlyCollection<ReadOnlyMemory<byte>> batches)
    {
        var output = RecordWriter.Exactly(ContentHash.Size + RecordWriter.SizeOf(batches.Count) + batches.Sum(batch => RecordWriter.SizeOf(batch.Length) + batch.Length));
        output.Hash(chain);
        output.Number(batches.Count);
        foreach (var batch in batches) output.Bytes(batch.Span);
        return output.Finish(RecordKind.Segment, epoch, number);
    }

    /// <summary>The batches of a segment, and the chain hash before its first.</summary>
    /// <exception cref="InvalidDataException">The record is not the segment with this number.</exception>
    public static (ContentHash Chain, List<RecordFrame> Batches) Read(long number, RecordFrame? record)
    {
        if (record is not { Kind: RecordKind.Segment } segment || segment.Position != number) throw new InvalidDataException($"The segment {number} is not there.");
        var input = new RecordReader(segment.Body);
        var chain = input.Hash();
        var batches = new List<RecordFrame>(input.Count());
        while (batches.Count < batches.Capacity) batches.Add(RecordFrame.Read(input.Bytes()));
        return (chain, batches);
    }
}
