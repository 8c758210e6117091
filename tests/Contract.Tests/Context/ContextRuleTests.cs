using System.Text.Json;

namespace Rosud.Context;

/// <summary>Rules of SEMANTICS C that callers meet at the edge, each by its name.</summary>
public sealed class ContextRuleTests(RosudHost host) : IClassFixture<RosudHost>
{
    [Fact]
    public async Task C2_Keys_that_lost_leave_the_patch_and_the_rest_is_one_version()
    {
        var channel = await host.NewChannel(sync: """{"keys":{"first":{"conflict_resolution":"first_wins"},"hand":{"conflict_resolution":"manual"}}}""");
        await Patch(channel, """{"set":{"first":1,"hand":1}}""");
        Assert.Equal(
            """{"version":2,"outcome":"committed","overwritten":[],"dropped":["first"],"merged":[],"parked":["hand"],"conflicts":["p1"]}""",
            (await Patch(channel, """{"set":{"first":2,"hand":2,"free":2,"more":2}}""")).Text);
    }

    [Fact]
    public async Task C4_If_Match_and_reads_go_with_based_on_and_a_key_is_written_once()
    {
        var channel = await host.NewChannel();
        Assert.Equal(400, (await Patch(channel, """{"set":{"a":1},"based_on":0}""", ("If-Match", "\"v1\""))).Status);
        Assert.Equal(400, (await Patch(channel, """{"set":{"a":1},"reads":["a"]}""")).Status);
        Assert.Equal(400, (await Patch(channel, """{"set":{"a":1},"delete":["a"]}""")).Status);
        Assert.Equal("unchanged", (await Patch(channel, """{"delete":["a"]}"""))["outcome"]);
    }

    [Fact]
    public async Task C6_A_pattern_read_is_stale_when_a_matching_key_was_created()
    {
        var channel = await host.NewChannel();
        await Patch(channel, """{"set":{"facts.a":1}}""");
        await Patch(channel, """{"set":{"facts.b":1}}""");
        var stale = await Patch(channel, """{"set":{"report":1},"based_on":1,"reads":["facts.*"]}""");
        Assert.Equal((412, "stale-context", "facts.b"), (stale.Status, stale.Problem, stale.Json.GetProperty("stale")[0].GetProperty("key").GetString()));
        Assert.Equal(400, (await Patch(channel, """{"set":{"facts.*":1}}""")).Status);
    }

    [Fact]
    public async Task C10_A_parked_write_is_heard_of_listed_and_decided_once()
    {
        var channel = await host.NewChannel(sync: """{"conflict_resolution":"manual"}""");
        using var events = await host.Listen($"/v1/channels/{channel}/events?types=commit,conflict", "0");
        await Patch(channel, """{"set":{"plan":"a"},"writer":"planner"}""");
        Assert.Equal("commit", (await events.Next())!.Value.Type);
        var parked = await Patch(channel, """{"set":{"plan":"b"},"based_on":0,"writer":"researcher"}""");
        Assert.Equal(("parked", "1", """["p1"]"""), (parked["outcome"], parked["version"], parked.Json.GetProperty("conflicts").GetRawText()));
        Assert.Equal("""{"conflicts":["p1"],"keys":["plan"],"outcome":"parked","writer":"researcher"}""", (await events.Next())!.Value.Body.GetProperty("data").GetRawText());

        var conflict = Assert.Single((await host.Send("GET", $"/v1/channels/{channel}/conflicts")).Json.GetProperty("conflicts").EnumerateArray());
        Assert.Equal(("p1", "b", "researcher", "a"), (conflict.GetProperty("id").GetString(), Text(conflict, "parked", "value"), Text(conflict, "parked", "writer"), Text(conflict, "current", "value")));

        var key = ("Idempotency-Key", "decide once");
        var decided = await Resolve(channel, """{"choose":"parked","writer":"boss"}""", key);
        Assert.Equal((200, "2", "committed", """["plan"]"""), (decided.Status, decided["version"], decided["outcome"], decided.Json.GetProperty("overwritten").GetRawText()));
        Assert.Equal(decided.Text, (await Resolve(channel, """{"choose":"parked","writer":"boss"}""", key)).Text);
        Assert.Equal((422, "idempotency-mismatch"), await Refusal(Resolve(channel, """{"choose":"current"}""", key)));
        Assert.Equal((404, "not-found"), await Refusal(Resolve(channel, """{"choose":"parked"}""")));
        Assert.Equal("commit", (await events.Next())!.Value.Type);
        Assert.Equal("resolved", (await events.Next())!.Value.Body.GetProperty("data").GetProperty("outcome").GetString());
        var change = (await host.Send("GET", $"/v1/channels/{channel}/changes?after=1")).Json.GetProperty("changes")[0];
        Assert.Equal(("p1", "boss"), (change.GetProperty("resolves").GetString(), change.GetProperty("writer").GetString()));
    }

    [Fact]
    public async Task C10_The_101st_parked_write_of_a_key_is_409()
    {
        var channel = await host.NewChannel(sync: """{"conflict_resolution":"manual"}""");
        await Patch(channel, """{"set":{"k":0}}""");
        for (var i = 1; i <= 100; i++) Assert.Equal("parked", (await Patch(channel, $$$"""{"set":{"k":{{{i}}}}}"""))["outcome"]);
        Assert.Equal((409, "parked-full"), await Refusal(Patch(channel, """{"set":{"k":101,"free":1}}""")));
        var listed = new List<string>();
        var after = "";
        do
        {
            var page = await host.Send("GET", $"/v1/channels/{channel}/conflicts?limit=40{after}");
            listed.AddRange(page.Json.GetProperty("conflicts").EnumerateArray().Select(conflict => conflict.GetProperty("id").GetString()!));
            after = page["next"] is { Length: > 0 } next ? $"&after={next}" : "";
        }
        while (after.Length > 0);
        Assert.Equal(Enumerable.Range(1, 100).Select(i => $"p{i}"), listed);
    }

    [Fact]
    public async Task C11_What_has_run_out_is_marked_and_is_no_ground_to_write_on()
    {
        var channel = await host.NewChannel(sync: """{"keys":{"price":{"valid_for_ms":1},"rate":{"valid_for_ms":600000}}}""");
        await Patch(channel, """{"set":{"price":1,"rate":1,"name":1}}""");
        await host.NewChannel();   // A durable write takes longer than the millisecond.
        var entries = (await host.Send("GET", $"/v1/channels/{channel}/context")).Json.GetProperty("entries");
        Assert.Equal("name,price!,rate", string.Join(",", entries.EnumerateObject().Select(entry => entry.Name + (entry.Value.TryGetProperty("expired", out _) ? "!" : ""))));
        Assert.Equal((412, "stale-context"), await Refusal(Patch(channel, """{"set":{"offer":1},"based_on":1,"reads":["price"]}""")));
        Assert.Equal(200, (await Patch(channel, """{"set":{"offer":1},"based_on":1,"reads":["rate","name"]}""")).Status);
    }

    [Fact]
    public async Task C13_The_past_is_compared_and_blamed()
    {
        var channel = await host.NewChannel();
        await Patch(channel, """{"set":{"a":1,"b":1},"writer":"planner"}""");
        await Patch(channel, """{"set":{"a":2},"delete":["b"],"writer":"researcher"}""");
        await Patch(channel, """{"set":{"c":1,"a":2},"writer":"executor"}""");
        var diff = await host.Send("GET", $"/v1/channels/{channel}/diff?from=1");
        Assert.Equal(["a changed", "b removed", "c added"], diff.Json.GetProperty("keys").EnumerateArray().Select(key => $"{key.GetProperty("key")} {key.GetProperty("change")}"));
        Assert.Empty((await host.Send("GET", $"/v1/channels/{channel}/diff?from=2&to=3&keys=a*")).Json.GetProperty("keys").EnumerateArray());
        Assert.Equal((400, "invalid-request"), await Refusal(host.Send("GET", $"/v1/channels/{channel}/diff?from=3&to=1")));
        Assert.Equal((409, "version-ahead"), await Refusal(host.Send("GET", $"/v1/channels/{channel}/diff?from=1&to=9")));
        Assert.Equal(["3 executor", "2 researcher", "1 planner"], (await Blame(channel, "key=a")).Select(write => $"{write.GetProperty("version")} {write.GetProperty("writer")}"));
        Assert.Equal(["2 True", "1 False"], (await Blame(channel, "key=b&version=2")).Select(write => $"{write.GetProperty("version")} {write.TryGetProperty("deleted", out _)}"));
        Assert.Empty(await Blame(channel, "key=never"));
    }

    [Fact]
    public async Task C14_A_reader_can_demand_a_version_and_a_future_one_is_refused()
    {
        var channel = await host.NewChannel();
        await Patch(channel, """{"set":{"a":1}}""");
        foreach (var consistency in new[] { "confirmed", "plain" })
        {
            Assert.Equal("1", (await host.Send("GET", $"/v1/channels/{channel}/context?min_version=1&consistency={consistency}"))["version"]);
            Assert.Equal((409, "version-ahead"), await Refusal(host.Send("GET", $"/v1/channels/{channel}/context?min_version=2&consistency={consistency}")));
        }
    }

    [Fact]
    public async Task C15_A_value_has_a_size()
    {
        var channel = await host.NewChannel();
        Assert.Equal(200, (await Patch(channel, $$$"""{"set":{"a":"{{{new string('x', (256 * 1024) - 2)}}}"}}""")).Status);
        Assert.Equal((413, "payload-too-large"), await Refusal(Patch(channel, $$$"""{"set":{"a":"{{{new string('x', (256 * 1024) - 1)}}}"}}""")));
    }

    [Fact]
    public async Task C18_A_deleted_channel_cancels_its_runs_and_its_name_rests()
    {
        var agent = await host.NewAgent("\"question\"", "\"answer\"");
        var channel = await host.NewChannel($"\"{agent}\"");
        await Patch(channel, """{"set":{"question":1}}""");
        var run = (await host.Send("POST", $"/v1/channels/{channel}/coordinate", """{"task":{"goal":"g"},"timeout_ms":60000}""", ("Prefer", "respond-async")))["run"];
        using var events = await host.Listen($"/v1/runs/{run}/events");
        Assert.Equal("run", (await events.Next())!.Value.Type);   // Whoever has heard of the run hears of its end.
        Assert.Equal(204, (await host.Send("DELETE", $"/v1/channels/{channel}")).Status);
        var last = default(JsonElement);
        while (await events.Next() is { } next) last = next.Body;
        Assert.Equal("canceled", last.GetProperty("data").GetProperty("status").GetString());
        var bare = await host.Send("GET", $"/v1/runs/{run}");
        Assert.Equal((200, "canceled"), (bare.Status, bare["status"]));   // What became of it stays readable, what it did does not.
        Assert.Empty(bare.Json.GetProperty("attempts").EnumerateArray());
        foreach (var path in new[] { "timeline", "explain" }) Assert.Equal(200, (await host.Send("GET", $"/v1/runs/{run}/{path}")).Status);
        var again = await host.Send("POST", "/v1/channels", $$$"""{"id":"{{{channel}}}"}""");
        Assert.Equal((409, "already-exists"), (again.Status, again.Problem));
        Assert.InRange(again.Json.GetProperty("retry_after_ms").GetDouble(), 86_000_000, 86_400_000);
        foreach (var path in new[] { "context", "changes", "diff?from=0", "blame?key=question", "conflicts" })
        {
            Assert.Equal((404, "not-found"), await Refusal(host.Send("GET", $"/v1/channels/{channel}/{path}")));
        }
    }

    [Fact]
    public async Task A_value_that_breaks_its_schema_is_refused_with_the_place_in_the_body()
    {
        var channel = await host.NewChannel(sync: """{"keys":{"plan.*":{"schema":{"type":"object","properties":{"steps":{"items":{"type":"string"}}},"required":["goal"]}}}}""");
        var refused = await Patch(channel, """{"set":{"plan.a":{"steps":["x",1]}}}""");
        Assert.Equal((400, "invalid-request"), (refused.Status, refused.Problem));
        Assert.Equal(["/set/plan.a/goal property_required", "/set/plan.a/steps/1 string_expected"], refused.Json.GetProperty("errors").EnumerateArray().Select(error => $"{error.GetProperty("pointer")} {error.GetProperty("code")}").Order());
        Assert.Equal(200, (await Patch(channel, """{"set":{"plan.a":{"goal":"g"}}}""")).Status);
        var bad = await host.Send("PATCH", $"/v1/channels/{channel}", """{"sync":{"keys":{"a/b":{},"plan.*":{"schema":{"$ref":"https://example.com/s.json"}}}}}""");
        Assert.Equal(400, bad.Status);
        var faults = await host.Send("PATCH", $"/v1/channels/{channel}", """{"sync":{"keys":{"plan.*":{"schema":{"$ref":"https://example.com/s.json"}}}}}""");
        Assert.Equal("/sync/keys/plan.*/schema/$ref", faults.Json.GetProperty("errors")[0].GetProperty("pointer").GetString());
    }

    private static string? Text(JsonElement conflict, string side, string member) => conflict.GetProperty(side).GetProperty(member).GetString();

    private async Task<JsonElement[]> Blame(string channel, string query) =>
        [.. (await host.Send("GET", $"/v1/channels/{channel}/blame?{query}")).Json.GetProperty("writes").EnumerateArray()];

    private Task<HttpAnswer> Patch(string channel, string body, params (string, string)[] headers) => host.Send("PATCH", $"/v1/channels/{channel}/context", body, headers);

    private Task<HttpAnswer> Resolve(string channel, string body, params (string, string)[] headers) => host.Send("POST", $"/v1/channels/{channel}/conflicts/p1/resolve", body, headers);

    private static async Task<(int Status, string Problem)> Refusal(Task<HttpAnswer> sent)
    {
        var answer = await sent;
        return (answer.Status, answer.Problem);
    }
}
