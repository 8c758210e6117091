namespace Rosud.Context;

public sealed class ContextContractTests(RosudHost host) : IClassFixture<RosudHost>
{
    [Fact]
    public async Task What_was_written_is_read_with_where_it_came_from()
    {
        var channel = await host.NewChannel();
        var patched = await Patch(channel, """{"set":{"plan.scope":{"b":[1.0,null],"a":"é"},"other":1},"writer":"planner"}""");
        Assert.Equal("""{"version":1,"outcome":"committed","overwritten":[],"dropped":[],"merged":[],"parked":[]}""", patched.Text);
        var read = await host.Send("GET", $"/v1/channels/{channel}/context?keys=plan.*");
        Assert.Equal("\"v1\"", read.ETag);
        var entry = Assert.Single(read.Json.GetProperty("entries").EnumerateObject());
        Assert.Equal(("plan.scope", """{"a":"é","b":[1.0,null]}""", "planner", 1), (entry.Name, entry.Value.GetProperty("value").GetRawText(), entry.Value.GetProperty("writer").GetString(), entry.Value.GetProperty("created_version").GetInt32()));
        Assert.Equal(304, (await host.Send("GET", $"/v1/channels/{channel}/context", null, ("If-None-Match", "\"v1\""))).Status);
    }

    [Fact]
    public async Task The_past_can_be_read_and_the_future_not()
    {
        var channel = await host.NewChannel();
        await Patch(channel, """{"set":{"a":1}}""");
        await Patch(channel, """{"set":{"a":2},"delete":["b"]}""");
        Assert.Equal(1, (await host.Send("GET", $"/v1/channels/{channel}/context?version=1")).Json.GetProperty("entries").GetProperty("a").GetProperty("value").GetInt32());
        Assert.Equal("version-ahead", (await host.Send("GET", $"/v1/channels/{channel}/context?version=9")).Problem);
        var changes = (await host.Send("GET", $"/v1/channels/{channel}/changes?after=1")).Json;
        Assert.Equal(("[2]", 2, false), ($"[{string.Join(',', changes.GetProperty("changes").EnumerateArray().Select(change => change.GetProperty("version")))}]", changes.GetProperty("version").GetInt32(), changes.GetProperty("gap").GetBoolean()));
    }

    [Fact]
    public async Task A_write_that_rests_on_a_changed_read_is_refused_with_what_changed()
    {
        var channel = await host.NewChannel();
        await Patch(channel, """{"set":{"price":1}}""");
        await Patch(channel, """{"set":{"price":2}}""");
        var stale = await Patch(channel, """{"set":{"offer":1},"based_on":1,"reads":["price"]}""");
        Assert.Equal((412, "stale-context", "2"), (stale.Status, stale.Problem, stale["version"]));
        var key = Assert.Single(stale.Json.GetProperty("stale").EnumerateArray());
        Assert.Equal(("price", 1, 2), (key.GetProperty("key").GetString(), key.GetProperty("read_version").GetInt32(), key.GetProperty("current_version").GetInt32()));
    }

    [Fact]
    public async Task Under_reject_a_blind_write_is_428_and_a_conflict_412()
    {
        var channel = await host.NewChannel(sync: """{"conflict_resolution":"reject"}""");
        Assert.Equal((428, "precondition-required"), await Refusal(channel, """{"set":{"a":1}}"""));
        Assert.Equal(200, (await Patch(channel, """{"set":{"a":1},"based_on":0}""")).Status);
        Assert.Equal((412, "conflict"), await Refusal(channel, """{"set":{"a":2}}""", ("If-Match", "\"v0\"")));
    }

    [Fact]
    public async Task A_repeat_under_its_key_gets_the_first_answer_and_another_body_is_refused()
    {
        var channel = await host.NewChannel();
        var key = ("Idempotency-Key", "Once & for all");
        var first = await Patch(channel, """{"set":{"a":1}}""", key);
        await Patch(channel, """{"set":{"a":2}}""");
        Assert.Equal(first.Text, (await Patch(channel, """{ "set": {"a":1} }""", key)).Text);
        Assert.Equal((422, "idempotency-mismatch"), await Refusal(channel, """{"set":{"a":3}}""", key));
        Assert.Equal(2, (await host.Send("GET", $"/v1/channels/{channel}/context")).Json.GetProperty("version").GetInt32());
    }

    private Task<HttpAnswer> Patch(string channel, string body, params (string, string)[] headers) => host.Send("PATCH", $"/v1/channels/{channel}/context", body, headers);

    private async Task<(int Status, string Problem)> Refusal(string channel, string body, params (string, string)[] headers)
    {
        var answer = await Patch(channel, body, headers);
        return (answer.Status, answer.Problem);
    }
}
