using Rosud.Hosting;

namespace Rosud.Audit;

public sealed class AuditContractTests(RosudHost host) : IClassFixture<RosudHost>
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rosud-audit-").FullName;

    [Fact]
    public async Task C16_A_page_says_who_wrote_what_and_why_no_value_and_counts_reads()
    {
        var channel = await host.NewChannel();
        await Patch(channel, """{"set":{"secret.a":"hush","b":1},"writer":"planner"}""", ("Idempotency-Key", "once"));
        await Patch(channel, """{"set":{"b":2},"delete":["secret.a"],"based_on":1,"reads":["b"]}""");
        await host.Send("GET", $"/v1/channels/{channel}/context");
        await host.Send("GET", $"/v1/channels/{channel}/conflicts");

        var answer = await host.Send("GET", $"/v1/channels/{channel}/audit");

        Assert.Equal(200, answer.Status);
        Assert.DoesNotContain("hush", answer.Text, StringComparison.Ordinal);
        var entries = answer.Json.GetProperty("entries").EnumerateArray().Select(line => line.GetProperty("entry")).ToList();
        Assert.Equal(["made", "commit", "commit"], entries.Select(entry => entry.GetProperty("kind").GetString()));
        Assert.Equal(("planner", "operator", "patch", 1), (entries[1].GetProperty("writer").GetString(), entries[1].GetProperty("caller").GetString(), entries[1].GetProperty("why").GetString(), entries[1].GetProperty("version").GetInt64()));
        Assert.Contains("once", entries[1].GetProperty("operation").GetString(), StringComparison.Ordinal);
        Assert.Equal("deleted", entries[2].GetProperty("keys").GetProperty("secret.a").GetString());
        Assert.Equal(("[\"b\"]", 1), (entries[2].GetProperty("reads").GetRawText(), entries[2].GetProperty("based_on").GetInt64()));
        Assert.Equal((3, 2, true), (answer.Json.GetProperty("head").GetProperty("number").GetInt64(), answer.Json.GetProperty("reads_counted").GetInt64(), answer.Json.GetProperty("audit").GetBoolean()));
        var second = await host.Send("GET", $"/v1/channels/{channel}/audit?after=1&limit=1");
        Assert.Equal(("2", answer.Json.GetProperty("entries")[1].GetRawText()), (second["next"], second.Json.GetProperty("entries")[0].GetRawText()));
    }

    [Fact]
    public async Task A_channel_without_audit_has_an_empty_chain_until_it_is_switched_on()
    {
        var channel = await host.NewChannel(sync: """{"audit":false}""");
        await Patch(channel, """{"set":{"a":1}}""");
        Assert.Empty((await host.Send("GET", $"/v1/channels/{channel}/audit")).Json.GetProperty("entries").EnumerateArray());
        Assert.Equal(200, (await host.Send("PATCH", $"/v1/channels/{channel}", """{"sync":{"audit":true}}""")).Status);
        await Patch(channel, """{"set":{"a":2}}""");
        Assert.Equal(["switched_on", "commit"], (await host.Send("GET", $"/v1/channels/{channel}/audit")).Json.GetProperty("entries").EnumerateArray().Select(line => line.GetProperty("entry").GetProperty("kind").GetString()));
    }

    [Fact]
    public async Task The_host_verifies_its_chain_and_that_it_extends_an_earlier_head()
    {
        var channel = await host.NewChannel();
        await Patch(channel, """{"set":{"a":1}}""");
        var first = await host.Send("POST", $"/v1/channels/{channel}/audit/verify");
        await Patch(channel, """{"set":{"a":2}}""");
        var then = await host.Send("POST", $"/v1/channels/{channel}/audit/verify", $$"""{"head":"{{first["head"]}}","at":{{first["number"]}}}""");
        Assert.Equal(("True", "2", "1"), (first["ok"], first["entries"], first["values"]));
        Assert.Equal(("True", "3", "True"), (then["ok"], then["entries"], then["extends"]));
        Assert.Equal("False", (await host.Send("POST", $"/v1/channels/{channel}/audit/verify", $$"""{"head":"{{first["head"]}}","at":1}"""))["ok"]);
        Assert.Equal(404, (await host.Send("POST", "/v1/channels/nobody/audit/verify")).Status);
    }

    [Fact]   // The host's program itself, started anew, on what a live host has exported.
    public async Task An_export_is_verified_offline_and_a_changed_one_is_not()
    {
        var channel = await host.NewChannel();
        for (var i = 0; i < 20; i++) await Patch(channel, $$"""{"set":{"k.{{i % 3}}":{{i}}},"writer":"w{{i}}"}""");
        var export = await host.Send("GET", $"/v1/channels/{channel}/audit", headers: ("Accept", "application/x-ndjson"));
        Assert.Equal((200, "application/x-ndjson"), (export.Status, export.ContentType));
        var (file, key) = (Path.Combine(_folder, "audit.ndjson"), Path.Combine(_folder, "key.pem"));
        await File.WriteAllTextAsync(file, export.Text);
        await File.WriteAllTextAsync(key, (await host.Send("GET", "/v1/audit/key"))["public_key"]);

        var good = await BuiltProgram.Run("Silo", "verify", file, "--key", key);
        Assert.Equal((0, ""), (good.Code, good.Errors));
        Assert.StartsWith($"OK channel {channel}: 21 entries, 1 to 21", good.Output, StringComparison.Ordinal);
        var unknown = await BuiltProgram.Run("Silo", "verify", file);
        Assert.Equal(0, unknown.Code);
        Assert.Contains("the file itself names", unknown.Output, StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, export.Text.Replace("\"w7\"", "\"w8\"", StringComparison.Ordinal));
        var changed = await BuiltProgram.Run("Silo", "verify", file, "--key", key);
        Assert.Equal(1, changed.Code);
        Assert.StartsWith("WRONG line 10:", changed.Output, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, export.Text[..(export.Text.LastIndexOf("{\"head\"", StringComparison.Ordinal))]);
        Assert.Equal(1, (await BuiltProgram.Run("Silo", "verify", file)).Code);
    }

    [Theory]
    [InlineData]
    [InlineData("nowhere.ndjson")]
    [InlineData("a", "b")]
    [InlineData("a", "--key")]
    [InlineData("--all", "a")]
    public async Task What_cannot_be_verified_is_neither_right_nor_wrong(params string[] arguments)
    {
        var (code, output, errors) = await BuiltProgram.Run("Silo", ["verify", .. arguments]);
        Assert.Equal((2, ""), (code, output));
        Assert.Single(errors.TrimEnd().Split('\n'));
    }

    private async Task Patch(string channel, string body, params (string, string)[] headers) =>
        Assert.Equal(200, (await host.Send("PATCH", $"/v1/channels/{channel}/context", body, headers)).Status);
}
