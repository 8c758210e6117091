using System.Buffers.Binary;
using System.IO.Hashing;

namespace Rosud.Journal;

/// <summary>What a record is. The numbers are stored: never change or reuse one.</summary>
internal enum RecordKind : byte
{
    /// <summary>Epoch, fold, base and the names of what is live.</summary>
    Head = 1,

    /// <summary>A slot that an activation took before its first batch.</summary>
    Seal = 2,

    /// <summary>A slot with a batch of entries.</summary>
    Batch = 3,

    /// <summary>The batches of one fold.</summary>
    Segment = 4,

    /// <summary>Live keys at some base.</summary>
    Page = 5,

    /// <summary>Operations in order of arrival.</summary>
    Operations = 6,

    /// <summary>The whole of a small grain.</summary>
    Value = 7,
}

/// <summary>One record of a grain: what every kind has in common, and the bytes of its own.</summary>
/// <param name="Epoch">The epoch of the activation that wrote it.</param>
/// <param name="Position">The position of a seal or batch, the number of a segment or ops cell, the base of a page, the count of writes of a value.</param>
/// <param name="Record">The record as it is stored.</param>
internal readonly record struct RecordFrame(RecordKind Kind, long Epoch, long Position, ReadOnlyMemory<byte> Record)
{
    /// <summary>Bytes before the body.</summary>
    public const int HeaderSize = 26;

    /// <summary>The largest record, in bytes. Most are far smaller: one commit of 1 MiB that overwrites as much or more is the exception.</summary>
    public const int BytesMax = 4 * 1024 * 1024;

    private const byte Format = 1;
    private const int ChecksumAt = 18;

    /// <summary>What follows the header.</summary>
    public ReadOnlyMemory<byte> Body => Record[HeaderSize..];

    /// <summary>Reads the header of a stored record.</summary>
    /// <exception cref="InvalidDataException">The record is of another format, or damaged.</exception>
    public static RecordFrame Read(ReadOnlyMemory<byte> record)
    {
        var bytes = record.Span;
        if (bytes.Length < HeaderSize || bytes[0] != Format) throw new InvalidDataException("The record is not one of this format.");
        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[ChecksumAt..]) != Checksum(bytes)) throw new InvalidDataException("The record is damaged: its checksum does not match.");
        return new((RecordKind)bytes[1], BinaryPrimitives.ReadInt64LittleEndian(bytes[2..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[10..]), record);
    }

    /// <summary>Fills in the header of a record whose body is there.</summary>
    public static void WriteHeader(Span<byte> record, RecordKind kind, long epoch, long position)
    {
        record[0] = Format;
        record[1] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(record[2..], epoch);
        BinaryPrimitives.WriteInt64LittleEndian(record[10..], position);
        BinaryPrimitives.WriteUInt64LittleEndian(record[ChecksumAt..], Checksum(record));
    }

    private static ulong Checksum(ReadOnlySpan<byte> record) =>
        XxHash3.HashToUInt64(record[HeaderSize..], (long)XxHash3.HashToUInt64(record[..ChecksumAt]));
}
