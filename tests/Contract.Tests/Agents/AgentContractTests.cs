namespace Rosud.Agents;

public sealed class AgentContractTests(RosudHost host) : IClassFixture<RosudHost>
{
    [Fact]
    public async Task An_agent_is_registered_changed_and_removed()
    {
        var path = $"/v1/agents/{host.NewName("agent")}";
        const string Body = """{"description":"d","reads":["plan.*"],"writes":["facts.*"],"transport":{"kind":"webhook","url":"http://127.0.0.1:9/x","secret":"hush"},"max_usage":{"tokens":500,"cost_usd":0.25},"max_concurrency":2}""";
        Assert.Equal(201, (await host.Send("PUT", path, Body)).Status);
        var again = await host.Send("PUT", path, Body);
        Assert.Equal((200, "1"), (again.Status, again["revision"]));
        Assert.Equal("""{"tokens":500,"cost_usd":0.25}""", again.Json.GetProperty("max_usage").GetRawText());
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

    [Fact]
    public async Task A_schema_of_the_output_is_checked_at_once_and_holds_for_every_completion()
    {
        var agent = host.NewName("agent");
        const string Body = """{"reads":[],"writes":["answer"],"output_schema":{"type":"object","required":["found"],"properties":{"found":{"type":"integer"}}}}""";
        var refused = await host.Send("PUT", $"/v1/agents/{agent}", Body.Replace("integer", "whole", StringComparison.Ordinal));
        Assert.Equal((400, "invalid-request"), (refused.Status, refused.Problem));
        Assert.Equal("/output_schema/properties/found/type", Assert.Single(refused.Json.GetProperty("errors").EnumerateArray()).GetProperty("pointer").GetString());
        Assert.Equal(201, (await host.Send("PUT", $"/v1/agents/{agent}", Body)).Status);
        var channel = await host.NewChannel($"\"{agent}\"");
        var run = (await host.Send("POST", $"/v1/channels/{channel}/coordinate", """{"task":{"goal":"g"},"timeout_ms":60000}""", ("Prefer", "respond-async")))["run"];

        var rejected = await host.Send("POST", $"/v1/assignments/{await Take(agent)}/complete", """{"writes":{"answer":1},"output":{"found":"two"}}""");
        Assert.Equal((200, "rejected"), (rejected.Status, rejected["outcome"]));
        Assert.Contains("/found", rejected["reason"], StringComparison.Ordinal);
        var accepted = await host.Send("POST", $"/v1/assignments/{await Take(agent)}/complete", """{"writes":{"answer":1},"output":{"found":2}}""");
        Assert.Equal("accepted", accepted["outcome"]);
        var result = await host.Send("GET", $"/v1/runs/{run}");
        Assert.Equal(("completed", 1), (result["status"], result.Json.GetProperty("retries_by_cause").GetProperty("acceptance").GetInt32()));
    }

    private async Task<string> Take(string agent) =>
        Assert.Single((await host.Send("POST", $"/v1/agents/{agent}/assignments/take", """{"max":1,"wait_ms":20000}""")).Json.GetProperty("assignments").EnumerateArray()).GetProperty("id").GetString()!;

    private static string? State(HttpAnswer answer) => answer.Json.GetProperty("breaker").GetProperty("state").GetString();
}
