using System.Buffers.Binary;
using System.Collections.Immutable;
using Rosud.Context;
using Rosud.Journal;

namespace Rosud.Audit;

/// <summary>
/// The audit entries of one batch of a channel's journal, as one entry of that batch: so they land with what they describe,
/// in the same write, and leave with it.
/// </summary>
/// <param name="Before">The chain before them.</param>
/// <param name="After">The chain with them, as it was stored.</param>
internal sealed record AuditRecord(AuditHead Before, AuditHead After, ImmutableArray<ReadOnlyMemory<byte>> Lines)
{
    /// <summary>The journal's key of the newest point of the chain.</summary>
    public const string Key = "a/chain";

    /// <summary>What a record takes beside its lines, at most.</summary>
    public const int OverheadBytes = 256;

    private const byte Separator = (byte)'\n';   // JSON text has none.

    public static JournalEntry Entry(AuditHead before, AuditHead after, IReadOnlyCollection<byte[]> lines)
    {
        var note = new byte[lines.Sum(line => line.Length + 1) - 1];
        var at = 0;
        foreach (var line in lines)
        {
            if (at > 0) note[at++] = Separator;
            line.CopyTo(note, at);
            at += line.Length;
        }

        return new(0, note, [new(Key, Encode(before), Encode(after))]);
    }

    /// <summary>The record of a batch; null when it has none.</summary>
    public static AuditRecord? Find(ImmutableArray<JournalEntry> batch)
    {
        foreach (var entry in batch)
        {
            if (entry.Changes is [{ Key: Key } change]) return new(Decode(change.Before), Decode(change.After), Split(entry.Note));
        }

        return null;
    }

    /// <summary>The bytes of a point; null before the first entry.</summary>
    public static ReadOnlyMemory<byte>? Encode(AuditHead head)
    {
        if (head.Number == 0) return default(ReadOnlyMemory<byte>?);
        var bytes = new byte[sizeof(long) + ContentHash.Size];
        BinaryPrimitives.WriteInt64BigEndian(bytes, head.Number);
        head.Hash.Write(bytes.AsSpan(sizeof(long)));
        return bytes;
    }

    public static AuditHead Decode(ReadOnlyMemory<byte>? bytes) => bytes is not { } there ? default
        : there.Length == sizeof(long) + ContentHash.Size ? new(BinaryPrimitives.ReadInt64BigEndian(there.Span), ContentHash.Read(there.Span[sizeof(long)..]))
        : throw new InvalidDataException("The journal holds no point of an audit chain where one must be.");

    private static ImmutableArray<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> note)
    {
        var lines = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        while (note.Span.IndexOf(Separator) is var end and >= 0)
        {
            lines.Add(note[..end]);
            note = note[(end + 1)..];
        }

        lines.Add(note);
        return lines.ToImmutable();
    }
}
