using System.Security.Cryptography;
using Rosud.Audit;

namespace Rosud.Hosting;

/// <summary><c>verify &lt;file&gt; [--key &lt;public key&gt;]</c>: checks an export of an audit chain. Starts no host and needs no secret.</summary>
internal static class VerifyCommand
{
    public const string Name = "verify";

    private const string Usage = "Usage: verify <file> [--key <public key in PEM>]";
    private const int KeyBytesMax = 64 * 1024;

    /// <returns>0 when the export is right, 1 when it is not, 2 when it could not be checked.</returns>
    public static async Task<int> Run(string[] args, TextWriter output, TextWriter errors)
    {
        if (!TryParse(args, out var file, out var keyFile))
        {
            await errors.WriteLineAsync(Usage);
            return 2;
        }

        try
        {
            using var known = keyFile is null ? null : ReadKey(keyFile);
            await using var export = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, FileOptions.SequentialScan);
            var verdict = await AuditVerifier.Check(export, known, CancellationToken.None);
            await output.WriteLineAsync(verdict.IsGood ? Good(verdict, known is not null) : $"WRONG line {verdict.Line}: {verdict.Reason}");
            return verdict.IsGood ? 0 : 1;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException or NotSupportedException)
        {
            await errors.WriteLineAsync($"The export could not be checked: {fault.Message}");
            return 2;
        }
    }

    private static bool TryParse(string[] args, out string file, out string? keyFile)
    {
        (file, keyFile) = ("", null);
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--key" && keyFile is null && i + 1 < args.Length) keyFile = args[++i];
            else if (file.Length == 0 && args[i].Length > 0 && !args[i].StartsWith("--", StringComparison.Ordinal)) file = args[i];
            else return false;
        }

        return file.Length > 0;
    }

    private static AuditKey ReadKey(string file)
    {
        using var stream = File.OpenRead(file);
        if (stream.Length > KeyBytesMax) throw new CryptographicException("The file of the key is too long to be one.");
        using var reader = new StreamReader(stream);
        return AuditKey.FromPem(reader.ReadToEnd());
    }

    private static string Good(AuditVerdict verdict, bool isKnown) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"""
        OK channel {verdict.Channel}: {verdict.Entries} entries, {verdict.After.Number + 1} to {verdict.Last.Number}{(verdict.Newest > verdict.Last.Number ? $" of {verdict.Newest}" : "")}, head {verdict.Last.Hash}
        {(verdict.After.Number > 0 ? $"It begins after entry {verdict.After.Number}{(verdict.Gap ? ", for earlier ones were no longer kept" : ", as was asked")}; what came before is only known by its hash.\n" : "")}Signed by {verdict.Fingerprint}, {(isKnown ? "which is the key that was given." : "the key that the file itself names: give --key to know that it is your host's.")}
        """);
}
