using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Rosud.Context;

namespace Rosud.Audit;

/// <summary>
/// The lines of an export. Hashes and the signature cover bytes as they stand in the file, so there is one way to write a line:
/// a frame that is fixed, around an object that is never parsed to be checked.
/// </summary>
internal static class AuditFormat
{
    public const string ContentType = "application/x-ndjson";

    /// <summary>The format's name, in the header.</summary>
    public const string Name = "rosud-audit-1";

    /// <summary>The longest line. No record of a channel is longer.</summary>
    public const int LineBytesMax = 8 * 1024 * 1024;

    /// <summary>Digits of a hash.</summary>
    public const int HashDigits = 2 * ContentHash.Size;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlySpan<byte> EntryStart => "{\"entry\":"u8;

    public static ReadOnlySpan<byte> EntryEnd => ",\"hash\":\""u8;

    public static ReadOnlySpan<byte> HeadStart => "{\"head\":"u8;

    public static ReadOnlySpan<byte> HeadEnd => ",\"signature\":\""u8;

    public static ReadOnlySpan<byte> HeaderStart => "{\"header\":"u8;

    /// <summary>What a line with digits at its end ends with.</summary>
    public static ReadOnlySpan<byte> Close => "\"}"u8;

    public static byte[] Header(string channel, AuditHead after, bool gap, DateTimeOffset at, AuditKey key) => [.. HeaderStart, .. Json(json =>
    {
        json.WriteStartObject("after");
        json.WriteString("hash", after.Hash.ToString());
        json.WriteNumber("number", after.Number);
        json.WriteEndObject();
        json.WriteString("channel", channel);
        json.WriteString("exported_at", Time(at));
        json.WriteString("format", Name);
        json.WriteBoolean("gap", gap);
        json.WriteString("public_key", Convert.ToBase64String(key.Public));
    }), (byte)'}'];

    public static void Entry(IBufferWriter<byte> output, AuditLine line)
    {
        output.Write(EntryStart);
        output.Write(line.Entry.Span);
        output.Write(EntryEnd);
        output.Write(Encoding.ASCII.GetBytes(line.Hash.ToString()));
        output.Write(Close);
        output.Write("\n"u8);
    }

    /// <summary>The last line: where the chain came to, signed.</summary>
    /// <param name="last">The last entry of the export.</param>
    /// <param name="newest">The number of the channel's last entry.</param>
    public static byte[] Head(ReadOnlySpan<byte> header, AuditHead last, long entries, long newest, DateTimeOffset at, AuditKey key)
    {
        var headerHash = Convert.ToHexStringLower(SHA256.HashData(header));
        var head = Json(json =>
        {
            json.WriteString("at", Time(at));
            json.WriteNumber("entries", entries);
            json.WriteString("hash", last.Hash.ToString());
            json.WriteString("header", headerHash);
            json.WriteNumber("newest", newest);
            json.WriteNumber("number", last.Number);
        });
        var signature = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(key.Sign(Signed(head))));
        return [.. HeadStart, .. head, .. HeadEnd, .. signature, .. Close];
    }

    /// <summary>An export that ends here because what is stored is wrong: it has no head.</summary>
    public static byte[] Broken(AuditFault fault) => Json(json =>
    {
        json.WriteStartObject("broken");
        json.WriteNumber("number", fault.Number);
        json.WriteString("reason", fault.Reason);
        json.WriteEndObject();
    });

    /// <summary>What is signed for a head.</summary>
    public static byte[] Signed(ReadOnlySpan<byte> head) => [.. "rosud audit head 1\n"u8, .. head];

    private static byte[] Json(Action<Utf8JsonWriter> members)
    {
        var output = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
        json.Flush();
        return output.WrittenSpan.ToArray();
    }

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
