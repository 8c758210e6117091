using System.Buffers;
using System.Text;
using Rosud.Context;

namespace Rosud.Journal;

/// <summary>Writes the body of one record. The order of the calls is the format.</summary>
internal sealed class RecordWriter
{
    // Larger buffers are rare, and a pool would keep them for each thread.
    private const int PooledMax = 64 * 1024;

    // Of the pool until the record is finished: only the record itself is new memory.
    private byte[] _output;
    private bool _isRecord;   // Not of the pool: as it is when it is full.
    private int _written = RecordFrame.HeaderSize;

    public RecordWriter(int sizeHint = 256) => _output = Rent(RecordFrame.HeaderSize + sizeHint);

    private RecordWriter(byte[] record) => (_output, _isRecord) = (record, true);

    /// <summary>Writes a body of exactly so many bytes, in place: for large records, which are then copied no more.</summary>
    public static RecordWriter Exactly(int bytes) => new(new byte[RecordFrame.HeaderSize + bytes]);

    /// <summary>Bytes that <see cref="Number"/> takes.</summary>
    public static int SizeOf(long value)
    {
        var size = 1;
        for (; value >= 0x80; value >>= 7) size++;
        return size;
    }

    /// <summary>Bytes of the body so far.</summary>
    public int Length => _written - RecordFrame.HeaderSize;

    /// <summary>The body so far; good until the next write.</summary>
    public ReadOnlySpan<byte> Body => _output.AsSpan(RecordFrame.HeaderSize, Length);

    /// <summary>A number that is not negative, in 1 to 9 bytes.</summary>
    public void Number(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        var span = Room(SizeOf(value));
        var length = 0;
        for (; value >= 0x80; value >>= 7) span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        _written += length;
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number(bytes.Length);
        Append(bytes);
    }

    /// <summary>Bytes that may be absent, which is not the same as empty.</summary>
    public void Optional(ReadOnlyMemory<byte>? bytes)
    {
        Number(bytes is { } present ? present.Length + 1L : 0);
        if (bytes is { } written) Append(written.Span);
    }

    public void Text(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Number(length);
        Encoding.UTF8.GetBytes(text, Room(length));
        _written += length;
    }

    public void Hash(ContentHash hash)
    {
        hash.Write(Room(ContentHash.Size));
        _written += ContentHash.Size;
    }

    public void Time(DateTimeOffset time) => Number(time.UtcTicks);

    /// <summary>The finished record. Nothing can be written after it.</summary>
    public byte[] Finish(RecordKind kind, long epoch, long position)
    {
        var record = _isRecord && _written == _output.Length ? _output : _output.AsSpan(0, _written).ToArray();
        Return();
        _output = [];
        RecordFrame.WriteHeader(record, kind, epoch, position);
        return record;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _written += bytes.Length;
    }

    private Span<byte> Room(int bytes)
    {
        if (_output.Length - _written < bytes)
        {
            var larger = Rent(Math.Max(_output.Length * 2, _written + bytes));
            _output.AsSpan(0, _written).CopyTo(larger);
            Return();
            (_output, _isRecord) = (larger, false);
        }

        return _output.AsSpan(_written);
    }

    private static byte[] Rent(int bytes) => bytes <= PooledMax ? ArrayPool<byte>.Shared.Rent(bytes) : new byte[bytes];

    private void Return()
    {
        if (!_isRecord && _output.Length is > 0 and <= PooledMax) ArrayPool<byte>.Shared.Return(_output);
    }
}
