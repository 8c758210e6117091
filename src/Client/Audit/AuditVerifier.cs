using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rosud.Context;

namespace Rosud.Audit;

/// <summary>Checks an export, line by line: needs no host, no secret, and memory for one line.</summary>
/// <param name="known">The key that must have signed; null trusts the key in the file.</param>
internal sealed class AuditVerifier(AuditKey? known) : IDisposable
{
    private const string NoHead = "The signed head is missing: the export was cut off.";

    private long _line;
    private byte[] _headerHash = [];
    private AuditHead _after;
    private AuditHead _last;
    private long _entries;
    private string _channel = "";
    private bool _gap;
    private AuditVerdict? _end;
    private AuditKey? _signer;

    /// <summary>Reads to the end, or to the first line that is wrong.</summary>
    public static async Task<AuditVerdict> Check(Stream export, AuditKey? known, CancellationToken cancellationToken)
    {
        using var verifier = new AuditVerifier(known);
        var reader = PipeReader.Create(export, new(bufferSize: 64 * 1024, leaveOpen: true));
        try
        {
            return await verifier.Check(reader, cancellationToken);
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    public void Dispose() => _signer?.Dispose();

    private async Task<AuditVerdict> Check(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                _line++;
                if (Take(buffer.Slice(0, end)) is { } wrong) return AuditVerdict.Wrong(_line, wrong);
                buffer = buffer.Slice(buffer.GetPosition(1, end));
            }

            if (buffer.Length > AuditFormat.LineBytesMax) return AuditVerdict.Wrong(_line + 1, "The line is too long.");
            if (read.IsCompleted) return Ended(buffer.Length);
            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private AuditVerdict Ended(long left) =>
        left > 0 ? AuditVerdict.Wrong(_line + 1, "The last line has no end: the export was cut off.")
        : _end ?? AuditVerdict.Wrong(_line + 1, _line == 0 ? "The file is empty." : NoHead);

    private string? Take(ReadOnlySequence<byte> sequence)
    {
        if (sequence.Length > AuditFormat.LineBytesMax) return "The line is too long.";
        var line = sequence.IsSingleSegment ? sequence.FirstSpan : sequence.ToArray();
        if (_end is not null) return "There is something behind the signed head.";
        if (_line == 1) return Header(line);
        if (line.StartsWith(AuditFormat.EntryStart)) return Entry(line);
        if (line.StartsWith(AuditFormat.HeadStart)) return Head(line);
        return line.StartsWith("{\"broken\":"u8) ? "The export says that what the host had stored was wrong: " + Encoding.UTF8.GetString(line[..Math.Min(line.Length, 400)])
            : "This is neither an entry nor the signed head.";
    }

    private string? Entry(ReadOnlySpan<byte> line)
    {
        if (!Framed(line, AuditFormat.EntryStart, AuditFormat.EntryEnd, AuditFormat.HashDigits, out var entry, out var digits)) return "This is not an entry as it is written.";
        var next = _last.Next(entry);
        Span<byte> hash = stackalloc byte[ContentHash.Size];
        next.Hash.Write(hash);
        Span<byte> expected = stackalloc byte[AuditFormat.HashDigits];
        Convert.TryToHexStringLower(hash, expected, out _);
        if (!digits.SequenceEqual(expected)) return $"Entry {next.Number} is not what was chained after entry {_last.Number}: it was changed, or entries are missing, added or in another order.";
        _last = next;
        _entries++;
        return null;
    }

    private string? Header(ReadOnlySpan<byte> line)
    {
        try
        {
            if (!line.StartsWith(AuditFormat.HeaderStart) || line[^1] != '}') return "This is not the header of an audit export.";
            var reader = new Utf8JsonReader(line[AuditFormat.HeaderStart.Length..^1], new JsonReaderOptions { MaxDepth = 4 });
            using var document = JsonDocument.ParseValue(ref reader);
            if (AuditFormat.HeaderStart.Length + reader.BytesConsumed + 1 != line.Length) return "This is not the header of an audit export.";
            var header = document.RootElement;
            if (header.GetProperty("format").GetString() != AuditFormat.Name) return $"The export has another format than {AuditFormat.Name}.";
            var after = header.GetProperty("after");
            _after = _last = new(after.GetProperty("number").GetInt64(), Hash(after.GetProperty("hash").GetString()!));
            _channel = header.GetProperty("channel").GetString()!;
            _gap = header.GetProperty("gap").GetBoolean();
            _signer = AuditKey.FromPublic(header.GetProperty("public_key").GetBytesFromBase64());
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or CryptographicException or ArgumentException or NullReferenceException)
        {
            return $"The header cannot be read: {fault.Message}";
        }

        if (_after.Number < 0 || (_after.Number == 0 && _after.Hash != default)) return "A chain begins with the hash of nothing.";
        _headerHash = SHA256.HashData(line);
        return known is null || known.Fingerprint == _signer.Fingerprint ? null : $"The export names the key {_signer.Fingerprint}, not the known key {known.Fingerprint}.";
    }

    private string? Head(ReadOnlySpan<byte> line)
    {
        if (!Framed(line, AuditFormat.HeadStart, AuditFormat.HeadEnd, 2 * AuditKey.SignatureBytes, out var head, out var digits)) return "This is not a signed head as it is written.";
        Span<byte> signature = stackalloc byte[AuditKey.SignatureBytes];
        if (digits.ContainsAnyExceptInRange((byte)'0', (byte)'f') || digits.ContainsAnyInRange((byte)'A', (byte)'F')
            || Convert.FromHexString(digits, signature, out _, out _) != OperationStatus.Done) return "The signature is not one.";
        if (!(known ?? _signer!).Verify(AuditFormat.Signed(head), signature)) return "The signature is not that of the key: the head was changed, or somebody else made it.";
        try
        {
            using var document = JsonDocument.Parse(head.ToArray());
            var told = document.RootElement;
            if (told.GetProperty("header").GetString() != Convert.ToHexStringLower(_headerHash)) return "The header is not the one that was signed.";
            if (told.GetProperty("number").GetInt64() != _last.Number || told.GetProperty("hash").GetString() != _last.Hash.ToString() || told.GetProperty("entries").GetInt64() != _entries)
            {
                return $"The entries end at {_last.Number}, not where the signed head says: some are missing or were added.";
            }

            _end = new(null, null)
            {
                Channel = _channel,
                Entries = _entries,
                After = _after,
                Last = _last,
                Newest = told.GetProperty("newest").GetInt64(),
                Gap = _gap,
                Fingerprint = _signer!.Fingerprint,
            };
            return null;
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return $"The head cannot be read: {fault.Message}";
        }
    }

    // Splits {"x":<object>,"y":"<digits>"}. The digits have a fixed length, so nothing has to be parsed to find them.
    private static bool Framed(ReadOnlySpan<byte> line, ReadOnlySpan<byte> start, ReadOnlySpan<byte> end, int digitCount, out ReadOnlySpan<byte> inner, out ReadOnlySpan<byte> digits)
    {
        inner = digits = default;
        var tail = end.Length + digitCount + AuditFormat.Close.Length;
        if (line.Length < start.Length + tail || !line.EndsWith(AuditFormat.Close) || !line[^tail..].StartsWith(end)) return false;
        inner = line[start.Length..^tail];
        digits = line[^(digitCount + AuditFormat.Close.Length)..^AuditFormat.Close.Length];
        return true;
    }

    private static ContentHash Hash(string digits) => digits.Length == AuditFormat.HashDigits
        ? ContentHash.Read(Convert.FromHexString(digits))
        : throw new FormatException("A hash has 64 hexadecimal digits.");
}
