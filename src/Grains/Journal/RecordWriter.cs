using System.Buffers;
using System.Text;
using Rosud.Context;

namespace Rosud.Journal;

/// <summary>Writes the body of one record. The order of the calls is the format.</summary>
internal sealed class RecordWriter
{
    private readonly ArrayBufferWriter<byte> _output;

    public RecordWriter(int sizeHint = 256)
    {
        _output = new(RecordFrame.HeaderSize + sizeHint);
        _output.GetSpan(RecordFrame.HeaderSize)[..RecordFrame.HeaderSize].Clear();
        _output.Advance(RecordFrame.HeaderSize);
    }

    /// <summary>Bytes of the body so far.</summary>
    public int Length => _output.WrittenCount - RecordFrame.HeaderSize;

    /// <summary>The body so far; good until the next write.</summary>
    public ReadOnlySpan<byte> Body => _output.WrittenSpan[RecordFrame.HeaderSize..];

    /// <summary>A number that is not negative, in 1 to 9 bytes.</summary>
    public void Number(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        var span = _output.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7) span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        _output.Advance(length);
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number(bytes.Length);
        _output.Write(bytes);
    }

    /// <summary>Bytes that may be absent, which is not the same as empty.</summary>
    public void Optional(ReadOnlyMemory<byte>? bytes)
    {
        Number(bytes is { } present ? present.Length + 1L : 0);
        if (bytes is { } written) _output.Write(written.Span);
    }

    public void Text(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Number(length);
        Encoding.UTF8.GetBytes(text, _output.GetSpan(length));
        _output.Advance(length);
    }

    public void Hash(ContentHash hash)
    {
        hash.Write(_output.GetSpan(ContentHash.Size));
        _output.Advance(ContentHash.Size);
    }

    public void Time(DateTimeOffset time) => Number(time.UtcTicks);

    /// <summary>The finished record.</summary>
    public byte[] Finish(RecordKind kind, long epoch, long position)
    {
        var record = _output.WrittenSpan.ToArray();
        RecordFrame.WriteHeader(record, kind, epoch, position);
        return record;
    }
}
