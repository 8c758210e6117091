using System.Text;
using Rosud.Context;

namespace Rosud.Audit;

public sealed class AuditVerifierTests : IDisposable
{
    private const int Edits = 10_000;

    private readonly AuditKey _key = AuditKey.Make();

    public void Dispose() => _key.Dispose();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(40, 0)]
    [InlineData(40, 1_000)]
    public async Task What_a_host_wrote_is_right(int entries, long after)
    {
        var start = after == 0 ? default : new AuditHead(after, ContentHash.Of("before"u8));
        var verdict = await AuditFile.Check(AuditFile.Of(_key, entries, start), _key);
        Assert.Equal((null, entries, after + entries, _key.Fingerprint, "trip"), (verdict.Reason, verdict.Entries, verdict.Last.Number, verdict.Fingerprint, verdict.Channel));
    }

    [Fact]
    public async Task Ten_thousand_random_changes_are_all_found()
    {
        var random = new Random(20_260_101);
        var export = AuditFile.Of(_key, 25);
        byte[][] others = [AuditFile.Of(_key, 25, channel: "other"), AuditFile.Of(_key, 12), AuditFile.Of(_key, 25, new(25, ContentHash.Of("x"u8)))];
        var made = 0;
        while (made < Edits)
        {
            var (way, changed) = Tampering.Of(random, made % Tampering.Count, export, others[random.Next(others.Length)]);
            if (changed.AsSpan().SequenceEqual(export) || others.Any(other => changed.AsSpan().SequenceEqual(other))) continue;
            made++;
            var verdict = await AuditFile.Check(changed, made % 2 == 0 ? _key : null);
            Assert.False(verdict.IsGood, $"change {made}: {way}");
            Assert.InRange(verdict.Line!.Value, 1, changed.AsSpan().Count((byte)'\n') + 1);
        }
    }

    [Fact]
    public async Task The_first_line_that_is_wrong_is_named()
    {
        var lines = Encoding.UTF8.GetString(AuditFile.Of(_key, 5)).Split('\n');
        Assert.Equal(4, (await Check(lines.Select((line, i) => i == 3 ? line.Replace("w0", "w9", StringComparison.Ordinal) : line))).Line);
        Assert.Equal(3, (await Check(lines.Where((_, i) => i != 2))).Line);
        Assert.Equal(7, (await Check(lines.Select((line, i) => i == 0 ? line.Replace("trip", "trap", StringComparison.Ordinal) : line))).Line);   // Only the signature covers the header.
        Assert.Equal(7, (await Check(lines.Where((_, i) => i != 6))).Line);
    }

    [Fact]
    public async Task A_chain_made_anew_is_found_by_its_key()
    {
        using var forger = AuditKey.Make();
        var forged = AuditFile.Of(forger, 5);
        Assert.True((await AuditFile.Check(forged)).IsGood);   // Nothing in the file itself can tell.
        var verdict = await AuditFile.Check(forged, _key);
        Assert.Equal(1, verdict.Line);
        Assert.Contains(_key.Fingerprint, verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_of_a_broken_store_is_wrong_where_it_broke_off()
    {
        var lines = Encoding.UTF8.GetString(AuditFile.Of(_key, 3)).Split('\n')[..3];
        var broken = Encoding.UTF8.GetString(AuditFormat.Broken(new(3, "Entries are missing.")));
        var verdict = await Check([.. lines, broken, ""]);
        Assert.Equal(4, verdict.Line);
        Assert.Contains("Entries are missing.", verdict.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("{}\n")]
    [InlineData("{\"header\":}\n")]
    [InlineData("{\"header\":{}}\n")]
    [InlineData("{\"header\":null}\n")]
    [InlineData("{\"header\":[[[[[[[[[[1]]]]]]]]]]}\n")]
    [InlineData("{\"header\":{\"format\":7}}\n")]
    [InlineData("{\"header\":{\"format\":\"rosud-audit-2\"}}\n")]
    [InlineData("{\"header\":{\"format\":\"rosud-audit-1\",\"after\":{\"number\":0,\"hash\":null}}}\n")]
    [InlineData("{\"header\":{\"format\":\"rosud-audit-1\",\"after\":{\"number\":1e99,\"hash\":\"\"}}}\n")]
    [InlineData("{\"header\":{\"format\":\"rosud-audit-1\",\"after\":{\"number\":0,\"hash\":\"0000000000000000000000000000000000000000000000000000000000000000\"},\"channel\":\"c\",\"gap\":false,\"public_key\":\"AAAA\"}}\n")]
    public async Task What_is_no_export_is_said_to_be_wrong(string text) => Assert.Equal(1, (await AuditFile.Check(Encoding.UTF8.GetBytes(text))).Line);

    [Fact]
    public async Task Random_bytes_are_no_export()
    {
        var random = new Random(7);
        for (var i = 0; i < 300; i++)
        {
            var bytes = new byte[random.Next(2_000)];
            random.NextBytes(bytes);
            Assert.False((await AuditFile.Check(bytes)).IsGood);
        }
    }

    [Fact]
    public async Task A_line_without_end_is_given_up()
    {
        await using var endless = new Endless();
        var verdict = await AuditVerifier.Check(endless, null, CancellationToken.None);
        Assert.Equal((1, "The line is too long."), (verdict.Line, verdict.Reason));
        Assert.InRange(endless.BytesRead, AuditFormat.LineBytesMax, 2L * AuditFormat.LineBytesMax);
    }

    private static Task<AuditVerdict> Check(IEnumerable<string> lines) => AuditFile.Check(Encoding.UTF8.GetBytes(string.Join('\n', lines)));

    private sealed class Endless : MemoryStream
    {
        public long BytesRead { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)'{');
            BytesRead += buffer.Length;
            return new(buffer.Length);
        }
    }
}
