using System.Buffers;
using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Journal;

/// <summary>One batch of the log, as its record holds it.</summary>
/// <param name="End">The point of the log that it reaches.</param>
/// <param name="Record">The record of its slot.</param>
internal sealed record JournalBatch(ImmutableArray<JournalEntry> Entries, LogPoint End, ReadOnlyMemory<byte> Record)
{
    /// <summary>The most entries in one batch.</summary>
    public const int EntriesMax = 512;

    /// <summary>The most bytes of entries in one batch, unless it has only one.</summary>
    public const int BytesMax = 256 * 1024;

    /// <summary>The most that <see cref="SizeOf"/> may say of one entry: beyond it the owner must refuse the commit.</summary>
    public const int EntryBytesMax = RecordFrame.BytesMax - 1024;

    /// <summary>About how many bytes an entry takes in its batch, and never fewer.</summary>
    public static int SizeOf(JournalEntry entry) => 32 + entry.Note.Length
        + entry.Changes.Sum(change => 24 + (3 * change.Key.Length) + (change.Before?.Length ?? 0) + (change.After?.Length ?? 0))
        + (entry.Operation is { } operation ? 96 + operation.Answer.Length : 0);

    /// <summary>The next batch after <paramref name="start"/>.</summary>
    /// <exception cref="ArgumentException">The entries are no batch: too many, too large, or their versions are not dense.</exception>
    public static JournalBatch Next(LogPoint start, IReadOnlyList<JournalEntry> entries, long epoch)
    {
        if (entries.Count is 0 or > EntriesMax) throw new ArgumentException($"A batch has 1 to {EntriesMax} entries.", nameof(entries));
        var version = start.Version;
        var chain = start.Chain;
        var output = new RecordWriter(256 * entries.Count);
        output.Number(entries.Count);
        foreach (var entry in entries)
        {
            if (entry.Version != 0 && entry.Version != ++version) throw new ArgumentException($"The next version is {version}, not {entry.Version}.", nameof(entries));
            var at = output.Length;
            Write(output, entry);
            chain = Link(chain, output.Body[at..]);
        }

        output.Hash(chain);
        var record = output.Finish(RecordKind.Batch, epoch, start.Position + 1);
        if (record.Length > RecordFrame.BytesMax) throw new ArgumentException($"The batch has {record.Length} bytes, more than a record holds.", nameof(entries));
        return new([.. entries], new(start.Position + 1, version, chain), record);
    }

    /// <summary>Reads the batch that follows <paramref name="start"/>.</summary>
    /// <exception cref="InvalidDataException">It does not follow: another position, a version too many, or another chain.</exception>
    public static JournalBatch Read(LogPoint start, RecordFrame record)
    {
        var (entries, chain) = ReadEntries(record, start.Chain);
        var version = start.Version;
        foreach (var entry in entries)
        {
            if (entry.Version != 0 && entry.Version != ++version) throw new InvalidDataException($"The log has version {entry.Version} where {version} follows.");
        }

        if (record.Position != start.Position + 1 || chain is null) throw new InvalidDataException($"The batch {record.Position} does not follow {start.Position}: the log was changed.");
        return new(entries, new(record.Position, version, chain.Value), record.Record);
    }

    /// <summary>Does to the live keys what the batch did.</summary>
    public void ApplyTo(Dictionary<string, ReadOnlyMemory<byte>> live)
    {
        foreach (var change in Entries.SelectMany(entry => entry.Changes))
        {
            if (change.After is { } after) live[change.Key] = after;
            else live.Remove(change.Key);
        }
    }

    /// <summary>The entries of a batch, without looking at what came before it.</summary>
    public static ImmutableArray<JournalEntry> EntriesOf(RecordFrame record) => ReadEntries(record, null).Entries;

    private static (ImmutableArray<JournalEntry> Entries, ContentHash? Chain) ReadEntries(RecordFrame record, ContentHash? start)
    {
        if (record.Kind != RecordKind.Batch) throw new InvalidDataException("The record is no batch.");
        var input = new RecordReader(record.Body);
        var entries = ImmutableArray.CreateBuilder<JournalEntry>(input.Count());
        while (entries.Count < entries.Capacity)
        {
            var at = input.Offset;
            entries.Add(ReadEntry(ref input));
            if (start is { } before) start = Link(before, input.Since(at));
        }

        return (entries.MoveToImmutable(), input.Hash() == start ? start : null);
    }

    private static ContentHash Link(ContentHash before, ReadOnlySpan<byte> entry)
    {
        var link = ArrayPool<byte>.Shared.Rent(ContentHash.Size + entry.Length);
        before.Write(link);
        entry.CopyTo(link.AsSpan(ContentHash.Size));
        var chain = ContentHash.Of(link.AsSpan(0, ContentHash.Size + entry.Length));
        ArrayPool<byte>.Shared.Return(link);
        return chain;
    }

    private static void Write(RecordWriter output, JournalEntry entry)
    {
        output.Number(entry.Version);
        output.Bytes(entry.Note.Span);
        output.Number(entry.Changes.Length);
        foreach (var change in entry.Changes)
        {
            output.Text(change.Key);
            output.Optional(change.Before);
            output.Optional(change.After);
        }

        output.Number(entry.Operation is null ? 0 : 1);
        if (entry.Operation is { } operation) Write(output, operation);
    }

    private static JournalEntry ReadEntry(ref RecordReader input)
    {
        var version = input.Number();
        var note = input.Bytes();
        var changes = ImmutableArray.CreateBuilder<JournalChange>(input.Count());
        while (changes.Count < changes.Capacity) changes.Add(new(input.Text(), input.Optional(), input.Optional()));
        return new(version, note, changes.MoveToImmutable(), input.Number() == 0 ? null : ReadOperation(ref input));
    }

    /// <summary>Writes one operation, in a batch or in an ops cell.</summary>
    public static void Write(RecordWriter output, JournalOperation operation)
    {
        output.Hash(operation.Id);
        output.Hash(operation.Body);
        output.Time(operation.At);
        output.Bytes(operation.Answer.Span);
    }

    /// <summary>Reads one operation.</summary>
    public static JournalOperation ReadOperation(ref RecordReader input) => new(input.Hash(), input.Hash(), input.Time(), input.Bytes());
}
