using System.Text.Json;
using Rosud.Audit;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Apps;

/// <summary>The audit chain of a real host, read, checked and exported by an app in another process.</summary>
public sealed class AuditClientTests(RosudHost host) : IClassFixture<RosudHost>
{
    [Fact]
    public async Task C16_An_app_reads_who_wrote_what_and_checks_the_chain_against_an_earlier_head()
    {
        await using var app = await ClientApp.Start(host.Process);
        var channel = await app.Rosud.Channels.Create();
        await channel.Commit([ContextWrite.Set("a", 1)], writer: "planner");
        var first = await channel.VerifyAudit();
        await channel.Commit([ContextWrite.Set("a", 2)], writer: "market");

        var lines = await channel.Audit().ToListAsync();
        var then = await channel.VerifyAudit(first.Head);

        var entries = lines.Select(line => JsonDocument.Parse(line.Entry).RootElement).ToList();
        Assert.Equal(["made", "commit", "commit"], entries.Select(entry => entry.GetProperty("kind").GetString()));
        Assert.Equal(["planner", "market"], entries.Skip(1).Select(entry => entry.GetProperty("writer").GetString()));
        Assert.Equal((true, 2, (bool?)null, 1), (first.Ok, first.Entries, first.Extends, first.Values));
        Assert.Equal((true, 3, (bool?)true, null), (then.Ok, then.Entries, then.Extends, then.Broken));
        Assert.Equal(then.Head, lines.Aggregate(then.After, (head, line) => head.Next(line.Entry.Span)));
        Assert.Equal([then.Head.Hash], (await channel.Audit(after: 2).ToListAsync()).Select(line => line.Hash));
        var rewritten = await channel.VerifyAudit(first.Head with { Hash = then.Head.Hash });
        Assert.Equal((false, (bool?)false), (rewritten.Ok, rewritten.Extends));
    }

    [Fact]
    public async Task C16_An_app_exports_what_is_verified_offline_signed_with_the_key_of_the_hosts()
    {
        var file = Path.Combine(host.DataFolder, "audit-key.pem");
        await using var app = await ClientApp.Start(host.Process, builder => builder.Configuration["Rosud:Audit:KeyFile"] = file);
        var channel = await app.Rosud.Channels.Create();
        for (var i = 0; i < 20; i++) await channel.Commit([ContextWrite.Set($"k{i % 3}", i)]);
        var unsigned = await Assert.ThrowsAsync<InvalidOperationException>(() => channel.ExportAudit(Stream.Null));
        Assert.Contains("Rosud:Audit:KeyFile", unsigned.Message, StringComparison.Ordinal);

        using var key = AuditKey.FromPem((await host.Send("GET", "/v1/audit/key"))["public_key"]!);   // Asked for it, the host makes its key.
        var (all, rest) = (new MemoryStream(), new MemoryStream());
        await channel.ExportAudit(all);
        await channel.ExportAudit(rest, after: 15);

        Assert.Equal((null, 21, 0), await Check(all, key));
        Assert.Equal((null, 6, 15), await Check(rest, key));
        Assert.Equal(ProblemKind.NotFound, (await Assert.ThrowsAsync<RefusedException>(() => app.Rosud.Channels.Open("nobody").ExportAudit(Stream.Null))).Problem.Kind);
    }

    private static async Task<(string? Wrong, long Entries, long After)> Check(MemoryStream export, AuditKey key)
    {
        var verdict = await AuditVerifier.Check(new MemoryStream(export.ToArray()), key, CancellationToken.None);
        return (verdict.Reason, verdict.Entries, verdict.After.Number);
    }
}
