using System.Buffers;
using System.Globalization;
using System.Text;

namespace Rosud.Audit;

/// <summary>An export as a host writes it.</summary>
internal static class AuditFile
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static byte[] Of(AuditKey key, int entries, AuditHead after = default, string channel = "trip")
    {
        var output = new ArrayBufferWriter<byte>();
        var header = AuditFormat.Header(channel, after, gap: false, Noon, key);
        output.Write([.. header, (byte)'\n']);
        var last = after;
        for (var i = 1; i <= entries; i++)
        {
            var entry = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"at":"2026-01-01T12:00:00.000Z","keys":{"a":"deleted"},"kind":"commit","n":{{last.Number + 1}},"version":{{last.Number}},"writer":"w{{i % 3}}"}"""));
            last = last.Next(entry);
            AuditFormat.Entry(output, new(entry, last.Hash));
        }

        output.Write([.. AuditFormat.Head(header, last, entries, last.Number, Noon, key), (byte)'\n']);
        return output.WrittenSpan.ToArray();
    }

    public static async Task<AuditVerdict> Check(byte[] export, AuditKey? known = null) => await AuditVerifier.Check(new MemoryStream(export), known, CancellationToken.None);
}
