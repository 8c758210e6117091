using System.Text.Json;

namespace Rosud.Runs;

public sealed class RunContractTests(RosudHost host) : IClassFixture<RosudHost>
{
    [Fact]
    public async Task A_pull_agent_does_a_step_and_the_waiting_caller_gets_the_result()
    {
        var (agent, channel) = await Prepare();
        await host.Send("PATCH", $"/v1/channels/{channel}/context", """{"set":{"question":"why?"}}""");
        var coordinating = host.Send("POST", $"/v1/channels/{channel}/coordinate", """{"task":{"goal":"answer it","input":{"n":1}},"timeout_ms":20000}""");
        var assignment = await Take(agent);
        Assert.Equal(("answer it", agent, channel), (assignment.GetProperty("goal").GetString(), assignment.GetProperty("agent").GetString(), assignment.GetProperty("run").GetString()!.Split('.')[0]));
        Assert.Equal("""{"question":{"value":"why?","version":1}}""", assignment.GetProperty("context").GetProperty("entries").GetRawText());
        var id = assignment.GetProperty("id").GetString();
        Assert.Equal("False", (await host.Send("POST", $"/v1/assignments/{id}/heartbeat", """{"progress":0.5}"""))["superseded"]);
        const string Completion = """{"writes":{"answer.text":"because"},"usage":{"input_tokens":10,"output_tokens":5,"cost_usd":0.01}}""";
        var completed = await host.Send("POST", $"/v1/assignments/{id}/complete", Completion);
        Assert.Equal((200, "accepted", "2"), (completed.Status, completed["outcome"], completed["version"]));
        Assert.Equal(completed.Text, (await host.Send("POST", $"/v1/assignments/{id}/complete", Completion)).Text);

        var result = await coordinating;
        Assert.Equal((200, "completed"), (result.Status, result["status"]));
        Assert.Equal("""{"answer.text":"because"}""", result.Json.GetProperty("outputs").GetRawText());
        var run = result["run"];
        Assert.Equal(result["status"], (await host.Send("GET", $"/v1/runs/{run}"))["status"]);
        Assert.NotEmpty((await host.Send("GET", $"/v1/runs/{run}/timeline")).Json.GetProperty("events").EnumerateArray());
        Assert.Contains(run!, (await host.Send("GET", $"/v1/runs?channel={channel}&status=completed")).Text, StringComparison.Ordinal);
        using var events = await host.Listen($"/v1/runs/{run}/events");
        Assert.Equal("completed", (await events.Next())!.Value.Body.GetProperty("data").GetProperty("status").GetString());
        Assert.Null(await events.Next());
    }

    [Fact]
    public async Task R8_The_same_task_joins_its_run_and_another_under_its_id_is_refused()
    {
        var (_, channel) = await Prepare();
        await host.Send("PATCH", $"/v1/channels/{channel}/context", """{"set":{"question":1}}""");
        const string Body = """{"task":{"id":"t1","goal":"g"},"timeout_ms":20000}""";
        var first = await Async(channel, Body);
        var joined = await Async(channel, Body.Replace("20000", "10000", StringComparison.Ordinal));
        Assert.Equal((202, $"/v1/runs/{first["run"]}", first["run"]), (first.Status, first.Location, joined["run"]));
        var other = await Async(channel, Body.Replace("\"g\"", "\"h\"", StringComparison.Ordinal));
        Assert.Equal((422, "idempotency-mismatch"), (other.Status, other.Problem));
    }

    [Fact]
    public async Task R8_A_key_stands_for_its_task_whatever_id_that_has()
    {
        var (_, channel) = await Prepare();
        await host.Send("PATCH", $"/v1/channels/{channel}/context", """{"set":{"question":1}}""");
        const string Body = """{"task":{"id":"t1","goal":"g"},"timeout_ms":20000}""";
        (string, string)[] headers = [("Prefer", "respond-async"), ("Idempotency-Key", "one task")];
        var first = await host.Send("POST", $"/v1/channels/{channel}/coordinate", Body, headers);
        var again = await host.Send("POST", $"/v1/channels/{channel}/coordinate", Body, headers);
        var other = await host.Send("POST", $"/v1/channels/{channel}/coordinate", """{"task":{"id":"t2","goal":"h"},"timeout_ms":20000}""", headers);
        Assert.Equal((202, first["run"], false, true), (again.Status, again["run"], first.IsReplay, again.IsReplay));
        Assert.Equal((422, "idempotency-mismatch"), (other.Status, other.Problem));
    }

    [Fact]
    public async Task A_listener_sees_a_run_being_cancelled_and_its_agent_is_fenced()
    {
        var (agent, channel) = await Prepare();
        await host.Send("PATCH", $"/v1/channels/{channel}/context", """{"set":{"question":1}}""");
        var run = (await Async(channel, """{"task":{"goal":"g"},"timeout_ms":20000}"""))["run"];
        var id = (await Take(agent)).GetProperty("id").GetString();
        using var events = await host.Listen($"/v1/runs/{run}/events");
        Assert.Equal("working", (await events.Next())!.Value.Body.GetProperty("data").GetProperty("status").GetString());
        Assert.Equal("canceled", (await host.Send("POST", $"/v1/runs/{run}/cancel"))["status"]);
        var last = default(JsonElement);
        while (await events.Next() is { } next) last = next.Body;
        Assert.Equal("canceled", last.GetProperty("data").GetProperty("status").GetString());
        var late = await host.Send("POST", $"/v1/assignments/{id}/complete", """{"writes":{"answer.text":1}}""");
        Assert.Equal((409, "fenced"), (late.Status, late.Problem));
    }

    [Fact]
    public async Task A_run_ends_at_its_deadline_with_an_answer()
    {
        var (_, channel) = await Prepare();
        await host.Send("PATCH", $"/v1/channels/{channel}/context", """{"set":{"question":1}}""");
        var result = await host.Send("POST", $"/v1/channels/{channel}/coordinate", """{"task":{"goal":"g"},"timeout_ms":300}""");
        Assert.Equal((200, "deadline_exceeded"), (result.Status, result["status"]));
    }

    [Fact]
    public async Task R11_A_task_that_breaks_its_contract_makes_no_run()
    {
        var (_, channel) = await Prepare();
        var answer = await host.Send("POST", $"/v1/channels/{channel}/coordinate", """{"task":{"goal":"g","steps":[{"id":"s","agent":"nobody","writes":["x"]}]}}""");
        Assert.Equal((422, "contract-rejected"), (answer.Status, answer.Problem));
        Assert.Contains(answer.Json.GetProperty("problems").EnumerateArray(), problem => problem.GetProperty("pointer").GetString()!.StartsWith("/task/steps/0", StringComparison.Ordinal));
        Assert.Empty((await host.Send("GET", $"/v1/runs?channel={channel}")).Json.GetProperty("runs").EnumerateArray());
    }

    private async Task<(string Agent, string Channel)> Prepare()
    {
        var agent = await host.NewAgent("\"question\"", "\"answer.*\"");
        var channel = await host.NewChannel($"\"{agent}\"");
        return (agent, channel);
    }

    private async Task<JsonElement> Take(string agent) =>
        Assert.Single((await host.Send("POST", $"/v1/agents/{agent}/assignments/take", """{"max":1,"wait_ms":20000,"lease_ms":30000}""")).Json.GetProperty("assignments").EnumerateArray());

    private Task<HttpAnswer> Async(string channel, string body) => host.Send("POST", $"/v1/channels/{channel}/coordinate", body, ("Prefer", "respond-async"));
}
