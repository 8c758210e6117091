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

    [Fact]
    public void A_number_without_an_end_is_said()
    {
        Assert.Throws<InvalidDataException>(() => new RecordReader(Enumerable.Repeat((byte)0x80, 20).ToArray()).Number());
        Assert.Throws<ArgumentOutOfRangeException>(() => new RecordWriter().Number(-1));
    }

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
