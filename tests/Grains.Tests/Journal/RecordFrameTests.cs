using CsCheck;

namespace Rosud.Journal;

/// <summary>A record is read whole and as it was written, or not at all.</summary>
public sealed class RecordFrameTests
{
    private static readonly Gen<(byte[] Body, long Epoch, long Position)> Written = Gen.Select(Gen.Byte.Array[0, 300], Gen.Long[0, long.MaxValue], Gen.Long[0, long.MaxValue]);

    [Fact]
    public void A_record_torn_or_changed_anywhere_is_said_and_not_served() =>
        Gen.Select(Written, Gen.Int[0, int.MaxValue]).Sample((written, at) =>
        {
            var record = Record(written);
            var cut = at % record.Length;
            var half = record.ToArray();
            half.AsSpan(cut).Clear();   // As a page that never came to the disk.
            var flipped = record.ToArray();
            flipped[cut] ^= (byte)(1 << (at % 8));

            Assert.Throws<InvalidDataException>(() => RecordFrame.Read(record.AsMemory(0, cut)));
            Assert.Throws<InvalidDataException>(() => RecordFrame.Read(flipped));
            if (!half.AsSpan().SequenceEqual(record)) Assert.Throws<InvalidDataException>(() => RecordFrame.Read(half));
        }, iter: Cases.Of(20_000));

    [Fact]
    public void A_record_comes_back_as_it_was_written() =>
        Gen.Select(Written, Gen.Int[1, 7]).Sample((written, kind) =>
        {
            var record = Record(written, (RecordKind)kind);
            var frame = RecordFrame.Read(record);
            var input = new RecordReader(frame.Body);

            Assert.Equal(((RecordKind)kind, written.Epoch, written.Position), (frame.Kind, frame.Epoch, frame.Position));
            Assert.Equal(written.Body, input.Bytes().ToArray());
            Assert.Equal(written.Body, input.Optional()!.Value.ToArray());
            Assert.Null(input.Optional());
            Assert.Equal(written.Epoch, input.Number());
            Assert.Equal(frame.Body.Length, input.Offset);
            Assert.Throws<InvalidDataException>(() => new RecordReader(frame.Body[input.Offset..]).Number());
        }, iter: Cases.Of(10_000));

    [Fact]   // It may be as large as a mebibyte, and there is one for each 64 batches.
    public void A_segment_is_written_in_place()
    {
        ReadOnlyMemory<byte>[] batches = [.. Enumerable.Range(0, 64).Select(number => new ReadOnlyMemory<byte>(new byte[3_000 + number]))];
        JournalSegment.Write(1, 1, default, batches);   // What is made once is made.
        var before = GC.GetAllocatedBytesForCurrentThread();

        var segment = JournalSegment.Write(1, 1, default, batches);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, segment.Length, segment.Length + 4_096);
    }

    [Fact]   // Exact, too small, too large.
    public void A_record_whose_size_was_foretold_is_the_same() =>
        Gen.Select(Written, Gen.Int[-40, 40]).Sample((written, wrong) =>
        {
            var body = RecordWriter.SizeOf(written.Body.Length) + written.Body.Length + RecordWriter.SizeOf(written.Epoch);
            var foretold = RecordWriter.Exactly(Math.Max(0, body + wrong));
            var grown = new RecordWriter(1);
            foreach (var output in new[] { foretold, grown })
            {
                output.Bytes(written.Body);
                output.Number(written.Epoch);
            }

            Assert.Equal(body, grown.Length);
            Assert.Equal(grown.Finish(RecordKind.Segment, written.Epoch, written.Position), foretold.Finish(RecordKind.Segment, written.Epoch, written.Position));
        }, iter: Cases.Of(5_000));

    [Fact]
    public void A_number_without_an_end_is_said()
    {
        Assert.Throws<InvalidDataException>(() => new RecordReader(Enumerable.Repeat((byte)0x80, 20).ToArray()).Number());
        Assert.Throws<ArgumentOutOfRangeException>(() => new RecordWriter().Number(-1));
    }

    [Fact]
    public void What_is_wrong_with_a_record_is_said_in_words()
    {
        var good = Record(([1, 2, 3], 1, 1));
        byte[] other = [2, .. good[1..]];
        byte[] damaged = [.. good[..^1], (byte)(good[^1] ^ 1)];

        Assert.Equal("The record is not one of this format.", Fault(() => RecordFrame.Read(other)));
        Assert.Equal("The record is not one of this format.", Fault(() => RecordFrame.Read(good.AsMemory(0, RecordFrame.HeaderSize - 1))));
        Assert.Equal("The record is damaged: its checksum does not match.", Fault(() => RecordFrame.Read(damaged)));
        Assert.Equal("The record ends too early.", Fault(() => new RecordReader(new byte[] { 5, 1, 2, 3, 4 }).Bytes()));
        Assert.Equal("The record has a number that is too long.", Fault(() => new RecordReader((byte[])[.. Enumerable.Repeat((byte)0x80, 9), 1]).Number()));
        Assert.Throws<OverflowException>(() => new RecordReader(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 0x01 }).Count());
    }

    [Fact]   // After a part was read only the rest is there.
    public void A_part_that_ends_too_early_is_not_made_of_what_was_read_before()
    {
        var input = new RecordReader(new byte[] { 1, 7, 3, 1, 2 });
        Assert.Equal([7], input.Bytes().ToArray());
        Assert.Equal("The record ends too early.", Fault(() => { var rest = input; rest.Bytes(); }));
    }

    private static string Fault(Action act) => Assert.Throws<InvalidDataException>(act).Message;

    private static byte[] Record((byte[] Body, long Epoch, long Position) written, RecordKind kind = RecordKind.Batch)
    {
        var output = new RecordWriter(1);
        output.Bytes(written.Body);
        output.Optional(written.Body);
        output.Optional(null);
        output.Number(written.Epoch);
        return output.Finish(kind, written.Epoch, written.Position);
    }
}
