using System.Text;
using Rosud.Context;

namespace Rosud.Journal;

/// <summary>Reads what <see cref="RecordWriter"/> wrote, in the same order. What it returns are slices of the record, never copies.</summary>
internal struct RecordReader(ReadOnlyMemory<byte> body)
{
    private readonly ReadOnlyMemory<byte> _body = body;

    /// <summary>Bytes read so far.</summary>
    public int Offset { get; private set; }

    public long Number()
    {
        var value = 0L;
        for (var shift = 0; shift < 63; shift += 7)
        {
            var next = Take(1).Span[0];
            value |= (long)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }

        throw new InvalidDataException("The record has a number that is too long.");
    }

    public int Count() => checked((int)Number());

    public ReadOnlyMemory<byte> Bytes() => Take(Count());

    // A bare null would become empty memory here, which is another value.
    public ReadOnlyMemory<byte>? Optional() => Count() is var length and > 0 ? Take(length - 1) : default(ReadOnlyMemory<byte>?);

    public string Text() => Encoding.UTF8.GetString(Bytes().Span);

    public ContentHash Hash() => ContentHash.Read(Take(ContentHash.Size).Span);

    public DateTimeOffset Time() => new(Number(), TimeSpan.Zero);

    /// <summary>A part of the body that was read already.</summary>
    public readonly ReadOnlySpan<byte> Since(int offset) => _body.Span[offset..Offset];

    private ReadOnlyMemory<byte> Take(int length)
    {
        if (length > _body.Length - Offset) throw new InvalidDataException("The record ends too early.");
        var taken = _body.Slice(Offset, length);
        Offset += length;
        return taken;
    }
}
