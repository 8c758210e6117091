namespace Rosud.Agents;

public sealed class AgentContractTests(RosudHost host) : IClassFixture<RosudHost>
{
    [Fact]
    public async Task An_agent_is_registered_changed_and_removed()
    {
        var path = $"/v1/agents/{host.NewName("agent")}";
        const string Body = """{"description":"d","reads":["plan.*"],"writes":["facts.*"],"transport":{"kind":"webhook","url":"http://127.0.0.1:9/x","secret":"hush"},"max_concurrency":2}""";
        Assert.Equal(201, (await host.Send("PUT", path, Body)).Status);
        var again = await host.Send("PUT", path, Body);
        Assert.Equal((200, "1"), (again.Status, again["revision"]));
        Assert.DoesNotContain("hush", (await host.Send("GET", path)).Text, StringComparison.Ordinal);
        Assert.Equal("2", (await host.Send("PUT", path, Body.Replace(":2}", ":3}", StringComparison.Ordinal)))["revision"]);
        Assert.Contains(path.Split('/')[^1], (await host.Send("GET", "/v1/agents?limit=500")).Text, StringComparison.Ordinal);
        Assert.Equal(204, (await host.Send("DELETE", path)).Status);
        Assert.Equal(404, (await host.Send("GET", path)).Status);
    }

    [Fact]
    public async Task A_supervisor_can_be_forced_open_and_reset()
    {
        var path = $"/v1/agents/{await host.NewAgent("", "\"a\"")}/supervisor";
        Assert.Equal("closed", State(await host.Send("GET", path)));
        Assert.Equal("forced_open", State(await host.Send("POST", $"{path}/force-open")));
        Assert.Equal("forced_open", State(await host.Send("GET", path)));
        Assert.Equal("closed", State(await host.Send("POST", $"{path}/reset", "{}")));
    }

    private static string? State(HttpAnswer answer) => answer.Json.GetProperty("breaker").GetProperty("state").GetString();
}
