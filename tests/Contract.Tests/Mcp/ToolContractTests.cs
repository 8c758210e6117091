using ModelContextProtocol;
using ModelContextProtocol.Client;

namespace Rosud.Mcp;

public sealed class ToolContractTests(RosudHost host) : IClassFixture<RosudHost>, IAsyncLifetime
{
    private McpClient _client = null!;

    public async Task InitializeAsync() => _client = await ToolCalls.Connect(host.Process);

    public async Task DisposeAsync() => await _client.DisposeAsync();

    [Fact]
    public async Task A_client_finds_the_five_tools_with_strict_schemas()
    {
        var tools = await _client.ListToolsAsync();

        Assert.Equal("rosud", _client.ServerInfo?.Name);
        Assert.Equal(["get_context", "commit_context", "coordinate", "run_status", "verdict"], tools.Select(tool => tool.Name));
        Assert.All(tools, tool =>
        {
            Assert.NotEmpty(tool.Description);
            Assert.False(tool.JsonSchema.GetProperty("additionalProperties").GetBoolean());
            Assert.All(tool.JsonSchema.GetProperty("properties").EnumerateObject().Where(member => member.Name != "task"), member => Assert.True(member.Value.TryGetProperty("description", out _), member.Name));
        });
        var commit = tools[1].JsonSchema.GetProperty("properties");
        Assert.Equal("""["channel"]""", tools[1].JsonSchema.GetProperty("required").GetRawText());
        Assert.Equal((10_000, "^[a-z0-9][a-z0-9._-]{0,127}$"), (commit.GetProperty("set").GetProperty("maxProperties").GetInt32(), commit.GetProperty("channel").GetProperty("pattern").GetString()));
        Assert.StartsWith("^[A-Za-z0-9_-]+", commit.GetProperty("set").GetProperty("propertyNames").GetProperty("pattern").GetString(), StringComparison.Ordinal);
        Assert.Equal((0, 60_000), (tools[2].JsonSchema.GetProperty("properties").GetProperty("wait_ms").GetProperty("minimum").GetInt32(), tools[2].JsonSchema.GetProperty("properties").GetProperty("wait_ms").GetProperty("maximum").GetInt32()));
        var task = tools[2].JsonSchema.GetProperty("properties").GetProperty("task").GetProperty("properties");
        Assert.Equal(2, task.GetProperty("steps").GetProperty("items").GetProperty("properties").GetProperty("reads").GetProperty("items").GetProperty("anyOf").GetArrayLength());
        Assert.DoesNotContain("$ref", string.Concat(tools.Select(tool => tool.JsonSchema.GetRawText())), StringComparison.Ordinal);
        Assert.Equal([true, false, false, true, true], tools.Select(tool => tool.ProtocolTool.Annotations!.ReadOnlyHint == true));
    }

    [Fact]
    public async Task A_context_is_changed_and_read_and_C16_the_reading_is_counted()
    {
        var channel = await host.NewChannel();

        var committed = await _client.Call("commit_context", $$$"""{"channel":"{{{channel}}}","set":{"plan.scope":{"n":1.50},"other":null},"writer":"planner"}""");
        var read = await _client.Call("get_context", $$"""{"channel":"{{channel}}","keys":["plan.*"],"version":1,"consistency":"plain"}""");
        var all = await _client.Call("get_context", $$"""{"channel":"{{channel}}","min_version":1}""");

        Assert.Equal((false, "1", "committed"), (committed.IsError, committed["version"], committed["outcome"]));
        var entry = Assert.Single(read.Json.GetProperty("entries").EnumerateObject());
        Assert.Equal(("plan.scope", """{"n":1.50}""", "planner"), (entry.Name, entry.Value.GetProperty("value").GetRawText(), entry.Value.GetProperty("writer").GetString()));
        Assert.Equal(2, all.Json.GetProperty("entries").GetPropertyCount());
        Assert.Equal((await host.Send("GET", $"/v1/channels/{channel}/context")).Text, all.Json.GetRawText());
        Assert.Equal("3", (await host.Send("GET", $"/v1/channels/{channel}/audit"))["reads_counted"]);
    }

    [Fact]
    public async Task A_change_on_something_stale_is_refused_with_the_keys_that_changed()
    {
        var channel = await host.NewChannel();
        await _client.Call("commit_context", $$$"""{"channel":"{{{channel}}}","set":{"price":100}}""");
        await _client.Call("commit_context", $$$"""{"channel":"{{{channel}}}","set":{"price":999}}""");

        var stale = await _client.Call("commit_context", $$$"""{"channel":"{{{channel}}}","set":{"booking":true},"reads":["price"],"based_on":1}""");

        Assert.Equal(("stale-context", "What was read has changed", "412", "2"), (stale.Problem, stale["title"], stale["status"], stale["version"]));
        Assert.Equal("price", Assert.Single(stale.Json.GetProperty("stale").EnumerateArray()).GetProperty("key").GetString());
    }

    [Fact]
    public async Task A_repeated_change_gives_the_first_answer_also_when_the_first_came_over_HTTP()
    {
        var channel = await host.NewChannel();
        var first = await host.Send("PATCH", $"/v1/channels/{channel}/context", """{"set":{"a":1}}""", ("Idempotency-Key", "k1"));
        await _client.Call("commit_context", $$$"""{"channel":"{{{channel}}}","set":{"a":2}}""");

        var again = await _client.Call("commit_context", $$$"""{"channel":"{{{channel}}}","set":{"a":1},"idempotency_key":"k1"}""");
        var other = await _client.Call("commit_context", $$$"""{"channel":"{{{channel}}}","set":{"a":3},"idempotency_key":"k1"}""");

        Assert.Equal(first.Text, again.Json.GetRawText());
        Assert.Equal("idempotency-mismatch", other.Problem);
    }

    [Fact]
    public async Task A_run_is_waited_for_and_its_status_can_be_asked()
    {
        var (agent, channel) = await Prepare();
        var coordinating = _client.Call("coordinate", $$$"""{"channel":"{{{channel}}}","task":{"goal":"answer it"},"timeout_ms":20000}""");
        var id = await Take(agent);
        await host.Send("POST", $"/v1/assignments/{id}/complete", """{"writes":{"answer.text":"because"}}""");

        var result = await coordinating;
        var status = await _client.Call("run_status", $$"""{"run":"{{result["run"]}}"}""");

        Assert.Equal((false, "completed", """{"answer.text":"because"}"""), (result.IsError, result["status"], result["outputs"]));
        Assert.Equal((await host.Send("GET", $"/v1/runs/{result["run"]}")).Text, status.Json.GetRawText());
        Assert.Equal("completed", status["status"]);
    }

    [Fact]
    public async Task A_run_that_is_not_waited_for_has_an_id_and_an_equal_task_joins_it()
    {
        var (agent, channel) = await Prepare();
        var arguments = $$"""{"channel":"{{channel}}","task":{"goal":"g"},"idempotency_key":"t1","timeout_ms":20000""";
        var started = await _client.Call("coordinate", $$"""{{arguments}},"wait_ms":0}""");
        var joining = _client.Call("coordinate", $$"""{{arguments}},"wait_ms":20000}""");
        var overHttp = await host.Send("POST", $"/v1/channels/{channel}/coordinate", """{"task":{"goal":"g"},"timeout_ms":20000}""", ("Idempotency-Key", "t1"), ("Prefer", "respond-async"));
        var working = await _client.Call("run_status", $$"""{"run":"{{started["run"]}}"}""");
        await host.Send("POST", $"/v1/assignments/{await Take(agent)}/complete", """{"writes":{"answer.text":1}}""");

        Assert.Equal((false, channel), (started.IsError, started["channel"]));
        Assert.True(started["status"] is "submitted" or "working", started["status"]);
        Assert.True(working["status"] is "submitted" or "working", working["status"]);
        Assert.Equal(started["run"], overHttp["run"]);
        var joined = await joining;
        Assert.Equal((started["run"], "completed"), (joined["run"], joined["status"]));
    }

    [Fact]
    public async Task A_task_that_breaks_a_contract_makes_no_run_and_says_every_breach()
    {
        var channel = await host.NewChannel();
        var refused = await _client.Call("coordinate", $$$"""{"channel":"{{{channel}}}","task":{"goal":"g","steps":[{"id":"a","agent":"nobody","reads":["x"]},{"id":"b","agent":"nobody2","reads":["y"]}]}}""");
        Assert.Equal(("contract-rejected", "422"), (refused.Problem, refused["status"]));
        Assert.True(refused.Json.GetProperty("problems").GetArrayLength() > 1);
    }

    [Fact]
    public async Task The_verdict_is_there_before_the_first_pair()
    {
        var network = host.NewName("network");
        await host.Send("PUT", $"/v1/networks/{network}", """{"coordination":{"verdict":{"baselines":{"b":"one","a":"one"}}}}""");

        var page = await _client.Call("verdict", $$"""{"network":"{{network}}","limit":1}""");
        var rest = await _client.Call("verdict", $$"""{"network":"{{network}}","after":"{{page["next"]}}"}""");

        Assert.Equal(("a", "insufficient"), (page.Json.GetProperty("verdicts")[0].GetProperty("task_class").GetString(), page.Json.GetProperty("verdicts")[0].GetProperty("verdict").GetString()));
        Assert.Equal("b", Assert.Single(rest.Json.GetProperty("verdicts").EnumerateArray()).GetProperty("task_class").GetString());
        Assert.Equal("[]", (await _client.Call("verdict", "{}")).Json.GetProperty("verdicts").GetRawText());
    }

    [Theory]
    [InlineData("get_context", """{"channel":"nobody"}""", "not-found", "")]
    [InlineData("get_context", "{}", "invalid-request", "/channel")]
    [InlineData("get_context", """{"channel":7}""", "invalid-request", "/channel")]
    [InlineData("get_context", """{"channel":"UPPER"}""", "invalid-request", "/channel")]
    [InlineData("get_context", """{"channel":"../agents/a"}""", "invalid-request", "/channel")]
    [InlineData("get_context", """{"channel":"c","keys":"a"}""", "invalid-request", "/keys")]
    [InlineData("get_context", """{"channel":"c","keys":["a,b"]}""", "invalid-request", "/keys/0")]
    [InlineData("get_context", """{"channel":"c","version":"1"}""", "invalid-request", "/version")]
    [InlineData("get_context", """{"channel":"c","version":-1}""", "invalid-request", "/version")]
    [InlineData("get_context", """{"channel":"c","version":1e999}""", "invalid-request", "/version")]
    [InlineData("get_context", """{"channel":"c","consistency":"eventual"}""", "invalid-request", "/consistency")]
    [InlineData("get_context", """{"channel":"c","keyz":[]}""", "invalid-request", "/keyz")]
    [InlineData("commit_context", """{"channel":"c"}""", "invalid-request", "")]
    [InlineData("commit_context", """{"channel":"c","set":[]}""", "invalid-request", "/set")]
    [InlineData("commit_context", """{"channel":"c","set":null}""", "invalid-request", "/set")]
    [InlineData("commit_context", """{"channel":"c","set":{"not a key":1}}""", "invalid-request", "/set/not a key")]
    [InlineData("commit_context", """{"channel":"c","set":{"a":1},"reads":["b"]}""", "invalid-request", "/reads")]
    [InlineData("commit_context", """{"channel":"c","set":{"a":1},"writer":"rosud"}""", "invalid-request", "/writer")]
    [InlineData("commit_context", """{"channel":"c","set":{"a":1},"idempotency_key":""}""", "invalid-request", "/idempotency_key")]
    [InlineData("commit_context", """{"channel":"c","set":{"a":1},"idempotency_key":"ä"}""", "invalid-request", "Idempotency-Key")]
    [InlineData("commit_context", """{"channel":"nobody","set":{"a":1}}""", "not-found", "")]
    [InlineData("coordinate", """{"channel":"c"}""", "invalid-request", "/task")]
    [InlineData("coordinate", """{"channel":"c","task":{"goal":"g","steps":[{"id":"a","agent":"x","when":{"key":"k"}}]}}""", "invalid-request", "/task/steps/0/when")]
    [InlineData("coordinate", """{"channel":"c","task":{"goal":"g"},"wait_ms":60001}""", "invalid-request", "/wait_ms")]
    [InlineData("coordinate", """{"channel":"c","task":{"goal":"g"},"timeout_ms":0}""", "invalid-request", "/timeout_ms")]
    [InlineData("coordinate", """{"channel":"nobody","task":{"goal":"g"}}""", "not-found", "")]
    [InlineData("run_status", """{"run":"nobody.r1"}""", "not-found", "")]
    [InlineData("run_status", """{"run":"no run"}""", "invalid-request", "run")]
    [InlineData("run_status", """{"run":null}""", "invalid-request", "/run")]
    [InlineData("verdict", """{"network":"nobody"}""", "not-found", "")]
    [InlineData("verdict", """{"limit":501}""", "invalid-request", "/limit")]
    public async Task A_call_that_cannot_be_answered_is_a_problem_that_names_the_argument(string tool, string arguments, string problem, string at)
    {
        var answer = await _client.Call(tool, arguments);

        Assert.Equal(problem, answer.Problem);
        Assert.False(string.IsNullOrEmpty(answer["title"]) || string.IsNullOrEmpty(answer["detail"]));
        if (!answer.Json.TryGetProperty("errors", out var errors)) Assert.Equal("", at);
        else Assert.Equal(at, (errors[0].TryGetProperty("pointer", out var pointer) ? pointer : errors[0].GetProperty("parameter")).GetString());
    }

    [Fact]
    public async Task An_unknown_tool_is_an_error_that_names_those_there_are()
    {
        var error = await Assert.ThrowsAsync<McpProtocolException>(() => _client.Call("get_contexts", "{}"));
        Assert.Equal(McpErrorCode.InvalidParams, error.ErrorCode);
        Assert.Contains("get_context, commit_context", error.Message, StringComparison.Ordinal);
    }

    private async Task<(string Agent, string Channel)> Prepare()
    {
        var agent = await host.NewAgent("\"question\"", "\"answer.*\"");
        var channel = await host.NewChannel($"\"{agent}\"");
        await host.Send("PATCH", $"/v1/channels/{channel}/context", """{"set":{"question":"why?"}}""");
        return (agent, channel);
    }

    private async Task<string> Take(string agent)
    {
        var answer = await host.Send("POST", $"/v1/agents/{agent}/assignments/take", """{"wait_ms":20000}""");
        return Assert.Single(answer.Json.GetProperty("assignments").EnumerateArray()).GetProperty("id").GetString()!;
    }
}
