namespace Rosud.Channels;

public sealed class ChannelContractTests(RosudHost host) : IClassFixture<RosudHost>
{
    [Fact]
    public async Task A_channel_is_made_once_found_again_and_not_made_otherwise()
    {
        var name = host.NewName("made");
        var body = $$$"""{"id":"{{{name}}}","agents":["planner","researcher"],"sync":{"mode":"real_time","staleness_threshold_ms":500,"conflict_resolution":"latest_wins","audit":true}}""";
        var made = await host.Send("POST", "/v1/channels", body);
        Assert.Equal((201, $"/v1/channels/{name}", name, "default", "0"), (made.Status, made.Location, made["id"], made["network"], made["version"]));
        Assert.Equal(["planner", "researcher"], made.Json.GetProperty("agents").EnumerateArray().Select(agent => agent.GetString()));
        Assert.Equal(500, made.Json.GetProperty("sync").GetProperty("staleness_threshold_ms").GetInt32());
        Assert.Equal(200, (await host.Send("POST", "/v1/channels", body)).Status);
        var other = await host.Send("POST", "/v1/channels", body.Replace("latest_wins", "reject", StringComparison.Ordinal));
        Assert.Equal((409, "already-exists"), (other.Status, other.Problem));
    }

    [Fact]
    public async Task A_key_stands_for_the_name_that_was_not_given()
    {
        var key = ("Idempotency-Key", host.NewName("key"));
        var first = await host.Send("POST", "/v1/channels", "{}", key);
        var again = await host.Send("POST", "/v1/channels", "{ }", key);
        var other = await host.Send("POST", "/v1/channels", """{"agents":["x"]}""", key);
        Assert.Equal((201, 201, first.Text, first.Location), (first.Status, again.Status, again.Text, again.Location));
        Assert.Equal((false, true), (first.IsReplay, again.IsReplay));
        Assert.Equal((422, "idempotency-mismatch"), (other.Status, other.Problem));
        Assert.NotEqual(first["id"], (await host.Send("POST", "/v1/channels", "{}"))["id"]);
    }

    [Fact]
    public async Task A_key_makes_one_channel_and_its_repeat_is_answered_also_when_that_was_changed()
    {
        var (key, name) = (("Idempotency-Key", host.NewName("key")), host.NewName("keyed"));
        var body = $$"""{"id":"{{name}}","agents":["x"]}""";
        var first = await host.Send("POST", "/v1/channels", body, key);
        await host.Send("PATCH", $"/v1/channels/{name}", """{"agents":["y"]}""");
        var again = await host.Send("POST", "/v1/channels", body, key);
        var other = await host.Send("POST", "/v1/channels", body.Replace(name, name + "-b", StringComparison.Ordinal), key);
        Assert.Equal((201, first.Text, true), (again.Status, again.Text, again.IsReplay));
        Assert.Equal((422, "idempotency-mismatch"), (other.Status, other.Problem));
        Assert.Equal(404, (await host.Send("GET", $"/v1/channels/{name}-b")).Status);
    }

    [Fact]
    public async Task A_key_whose_request_was_refused_is_not_used_up()
    {
        var key = ("Idempotency-Key", host.NewName("key"));
        Assert.Equal(400, (await host.Send("POST", "/v1/channels", """{"network":"nowhere"}""", key)).Status);
        Assert.Equal(201, (await host.Send("POST", "/v1/channels", """{"network":"default"}""", key)).Status);
    }

    [Fact]
    public async Task Never_and_the_networks_threshold_are_two_things()
    {
        var never = await host.NewChannel(sync: """{"staleness_threshold_ms":null}""");
        var networks = await host.NewChannel();
        Assert.Equal("null", (await host.Send("GET", $"/v1/channels/{never}")).Json.GetProperty("sync").GetProperty("staleness_threshold_ms").GetRawText());
        Assert.False((await host.Send("GET", $"/v1/channels/{networks}")).Json.GetProperty("sync").TryGetProperty("staleness_threshold_ms", out _));
    }

    [Fact]
    public async Task A_channel_can_be_changed_and_deleted()
    {
        var name = await host.NewChannel();
        var changed = await host.Send("PATCH", $"/v1/channels/{name}", """{"agents":["x"],"sync":{"conflict_resolution":"reject"}}""");
        Assert.Equal((200, "reject"), (changed.Status, changed.Json.GetProperty("sync").GetProperty("conflict_resolution").GetString()));
        Assert.Equal(204, (await host.Send("DELETE", $"/v1/channels/{name}")).Status);
        Assert.Equal(404, (await host.Send("GET", $"/v1/channels/{name}")).Status);
    }

    [Fact]
    public async Task A_repeated_change_of_a_channel_is_answered_and_not_made_again()
    {
        var name = await host.NewChannel();
        var key = ("Idempotency-Key", "change once");
        var first = await host.Send("PATCH", $"/v1/channels/{name}", """{"agents":["x"]}""", key);
        await host.Send("PATCH", $"/v1/channels/{name}", """{"agents":["y"]}""");
        var again = await host.Send("PATCH", $"/v1/channels/{name}", """{"agents":["x"]}""", key);
        var other = await host.Send("PATCH", $"/v1/channels/{name}", """{"agents":["z"]}""", key);
        Assert.Equal((200, first.Json.GetRawText(), true), (again.Status, again.Json.GetRawText(), again.IsReplay));
        Assert.Equal((422, "idempotency-mismatch"), (other.Status, other.Problem));
        Assert.Equal("y", (await host.Send("GET", $"/v1/channels/{name}")).Json.GetProperty("agents")[0].GetString());
    }

    [Fact]
    public async Task A_list_is_read_page_by_page()
    {
        var made = new List<string>();
        for (var i = 0; i < 5; i++) made.Add(await host.NewChannel());
        var (listed, after) = (new List<string>(), "");
        do
        {
            var page = await host.Send("GET", $"/v1/channels?limit=2{after}");
            listed.AddRange(page.Json.GetProperty("channels").EnumerateArray().Select(channel => channel.GetProperty("id").GetString()!));
            after = page["next"] is { Length: > 0 } next ? $"&after={next}" : "";
        }
        while (after.Length > 0);
        Assert.Equal(listed.Order(StringComparer.Ordinal), listed);
        Assert.Subset(listed.ToHashSet(), made.ToHashSet());
    }
}
