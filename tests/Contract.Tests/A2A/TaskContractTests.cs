namespace Rosud.A2A;

public sealed class TaskContractTests(RosudHost host) : IClassFixture<RosudHost>
{
    [Fact]
    public async Task The_card_says_where_a_channel_answers_and_what_it_can()
    {
        var card = await host.Send("GET", "/.well-known/agent-card.json");
        var other = (await host.Send("GET", "/a2a/v1/trip/.well-known/agent-card.json")).Json;

        Assert.Equal((200, "application/json"), (card.Status, card.ContentType));
        Assert.NotNull(card.ETag);
        Assert.Equal($$"""[{"url":"{{host.Process.Url}}/a2a/v1/default","protocolBinding":"HTTP+JSON","protocolVersion":"1.0"}]""", card.Json.GetProperty("supportedInterfaces").GetRawText());
        Assert.Equal("""{"streaming":true,"pushNotifications":false,"extendedAgentCard":false}""", card.Json.GetProperty("capabilities").GetRawText());
        Assert.All(["name", "description", "version"], member => Assert.NotEmpty(card[member]!));
        Assert.All(["defaultInputModes", "defaultOutputModes", "skills"], member => Assert.NotEqual(0, card.Json.GetProperty(member).GetArrayLength()));
        Assert.All(["id", "name", "description", "tags"], member => Assert.True(card.Json.GetProperty("skills")[0].TryGetProperty(member, out _)));
        Assert.False(card.Json.TryGetProperty("securitySchemes", out _));
        Assert.EndsWith("/a2a/v1/trip", other.GetProperty("supportedInterfaces")[0].GetProperty("url").GetString(), StringComparison.Ordinal);
        Assert.Equal(404, (await host.Send("GET", "/a2a/v1/UPPER/.well-known/agent-card.json")).Status);
    }

    [Fact]
    public async Task A_message_is_a_run_whose_outputs_are_artifacts()
    {
        var (agent, channel) = await Prepare();
        var message = host.Message("""{"text":"answer it"}""", request: ""","metadata":{"timeout_ms":20000,"unknown":1},"unknown":1""");
        var sending = host.Call("POST", $"{channel}/message:send", message);
        await Complete(await Take(agent, "answer it"), """{"answer.text":"because","answer.size":{"n":1.50}}""");

        var task = (await sending).Json.GetProperty("task");
        var got = await host.Call("GET", $"{channel}/tasks/{task.GetProperty("id").GetString()}");
        var again = await host.Call("POST", $"{channel}/message:send", message);

        Assert.Equal(("TASK_STATE_COMPLETED", channel), (task.State(), task.GetProperty("contextId").GetString()));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", task.GetProperty("status").GetProperty("timestamp").GetString());
        Assert.Equal(
            """[{"artifactId":"answer.size","name":"answer.size","parts":[{"data":{"n":1.50},"mediaType":"application/json"}]},{"artifactId":"answer.text","name":"answer.text","parts":[{"text":"because","mediaType":"text/plain"}]}]""",
            task.GetProperty("artifacts").GetRawText());
        Assert.Equal((200, "application/a2a+json", task.GetRawText()), (got.Status, got.ContentType, got.Text));
        Assert.Equal(task.GetRawText(), again.Json.GetProperty("task").GetRawText());
        Assert.Equal("completed", (await host.Send("GET", $"/v1/runs/{task.GetProperty("id").GetString()}"))["status"]);
    }

    [Fact]
    public async Task Data_are_a_whole_task_and_a_task_can_be_cancelled_once_it_runs()
    {
        var (agent, channel) = await Prepare();
        var data = $$$"""{"text":"do it"},{"data":{"outputs":["answer.*"],"steps":[{"id":"a","agent":"{{{agent}}}","goal":"own goal","reads":["question"],"writes":["answer.*"]}]}}""";
        var working = (await host.Tell(channel, data, request: ""","configuration":{"returnImmediately":true},"metadata":{"timeout_ms":20000}""")).Json.GetProperty("task");
        var id = working.GetProperty("id").GetString();
        await Take(agent, "own goal");

        var canceled = await host.Call("POST", $"{channel}/tasks/{id}:cancel", "{}");

        Assert.True(working.State() is "TASK_STATE_SUBMITTED" or "TASK_STATE_WORKING", working.State());
        Assert.Equal("TASK_STATE_CANCELED", canceled.Json.State());
        Assert.Equal(canceled.Text, (await host.Call("POST", $"{channel}/tasks/{id}:cancel")).Text);
        Assert.Equal((400, "a2a-protocol.org", "UNSUPPORTED_OPERATION"), (await host.Call("GET", $"{channel}/tasks/{id}:subscribe")).Error());
        Assert.Equal((400, "a2a-protocol.org", "UNSUPPORTED_OPERATION"), (await host.Tell(channel, """{"text":"go on"}""", $$""","taskId":"{{id}}" """)).Error());
    }

    [Fact]
    public async Task A_stream_has_the_task_then_its_outputs_and_its_end()
    {
        var (agent, channel) = await Prepare();
        using var events = await host.Stream("POST", $"{channel}/message:stream", host.Message("""{"text":"g"}""", request: ""","metadata":{"timeout_ms":20000}"""));
        var task = (await events.NextBody())!.Value.GetProperty("task");
        var id = task.GetProperty("id").GetString();
        using var others = await host.Stream("POST", $"{channel}/tasks/{id}:subscribe");
        Assert.Equal(id, (await others.NextBody())!.Value.GetProperty("task").GetProperty("id").GetString());
        await Complete(await Take(agent, "g"), """{"answer.text":"because"}""");

        var (told, heard) = (await Rest(events), await Rest(others));

        Assert.Equal(told[^2..], heard[^2..]);
        Assert.Equal($$$"""{"artifactUpdate":{"taskId":"{{{id}}}","contextId":"{{{channel}}}","artifact":{"artifactId":"answer.text","name":"answer.text","parts":[{"text":"because","mediaType":"text/plain"}]},"lastChunk":true}}""", told[^2]);
        Assert.Contains("\"state\":\"TASK_STATE_COMPLETED\"", told[^1], StringComparison.Ordinal);
        Assert.StartsWith("{\"statusUpdate\":", told[^1], StringComparison.Ordinal);
        Assert.Equal((400, "a2a-protocol.org", "TASK_NOT_CANCELABLE"), (await host.Call("POST", $"{channel}/tasks/{id}:cancel")).Error());
    }

    [Fact]
    public async Task A_task_that_asks_ends_the_waiting_and_goes_on_with_the_answer()
    {
        var (agent, channel) = await Prepare();
        var sending = host.Tell(channel, """{"text":"g"}""", request: ""","metadata":{"timeout_ms":60000}""");
        await host.Send("POST", $"/v1/assignments/{await Take(agent, "g")}/ask", """{"question":"Which one?"}""");
        var asking = (await sending).Json.GetProperty("task");
        var id = asking.GetProperty("id").GetString();
        Assert.Equal("TASK_STATE_INPUT_REQUIRED", asking.State());
        Assert.Equal("""[{"text":"Which one?"}]""", asking.GetProperty("status").GetProperty("message").GetProperty("parts").GetRawText());
        Assert.Equal("ROLE_AGENT", asking.GetProperty("status").GetProperty("message").GetProperty("role").GetString());

        var answering = host.Tell(channel, """{"text":"the red one"}""", $$""","taskId":"{{id}}","contextId":"{{channel}}" """);
        await Complete(await Take(agent, "g"), """{"answer.text":1}""");

        Assert.Equal("TASK_STATE_COMPLETED", (await answering).Json.GetProperty("task").State());
        Assert.Equal("the red one", (await host.Send("GET", $"/v1/runs/{id}")).Json.GetProperty("questions")[0].GetProperty("value").GetString());
    }

    [Fact]
    public async Task Tasks_are_listed_the_latest_first_page_by_page()
    {
        var (agent, channel) = await Prepare();
        var ids = new List<string?>();
        for (var i = 0; i < 3; i++)
        {
            var sending = host.Tell(channel, $$"""{"text":"g{{i}}"}""", request: ""","metadata":{"timeout_ms":20000}""");
            await Complete(await Take(agent, $"g{i}"), $$"""{"answer.text":{{i}}}""");
            ids.Insert(0, (await sending).Json.GetProperty("task").GetProperty("id").GetString());
        }

        var first = (await host.Call("GET", $"{channel}/tasks?pageSize=2&includeArtifacts=true&contextId={channel}")).Json;
        var second = (await host.Call("GET", $"{channel}/tasks?pageSize=2&pageToken={first.GetProperty("nextPageToken").GetString()}")).Json;

        Assert.Equal(ids[..2], first.GetProperty("tasks").EnumerateArray().Select(task => task.GetProperty("id").GetString()));
        Assert.Equal((2, 3), (first.GetProperty("pageSize").GetInt32(), first.GetProperty("totalSize").GetInt32()));
        Assert.Equal(1, first.GetProperty("tasks")[0].GetProperty("artifacts").GetArrayLength());
        Assert.Equal(ids[2], Assert.Single(second.GetProperty("tasks").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal("", second.GetProperty("nextPageToken").GetString());
        Assert.False(second.GetProperty("tasks")[0].TryGetProperty("artifacts", out _));
        Assert.Equal(0, (await host.Call("GET", $"{channel}/tasks?status=TASK_STATE_FAILED")).Json.GetProperty("totalSize").GetInt32());
        Assert.Equal(0, (await host.Call("GET", $"{channel}/tasks?contextId=other")).Json.GetProperty("totalSize").GetInt32());
        Assert.Equal(0, (await host.Call("GET", $"{channel}/tasks?statusTimestampAfter=2999-01-01T00:00:00Z")).Json.GetProperty("totalSize").GetInt32());
    }

    private static async Task<List<string>> Rest(EventReader events)
    {
        var rest = new List<string>();
        while (await events.NextBody() is { } body) rest.Add(body.GetRawText());
        return rest;
    }

    private async Task<(string Agent, string Channel)> Prepare()
    {
        var agent = await host.NewAgent("\"question\"", "\"answer.*\"");
        var channel = await host.NewChannel($"\"{agent}\"");
        await host.Send("PATCH", $"/v1/channels/{channel}/context", """{"set":{"question":"why?"}}""");
        return (agent, channel);
    }

    private async Task<string> Take(string agent, string goal)
    {
        var answer = await host.Send("POST", $"/v1/agents/{agent}/assignments/take", """{"wait_ms":20000}""");
        var assignment = Assert.Single(answer.Json.GetProperty("assignments").EnumerateArray());
        Assert.Equal(goal, assignment.GetProperty("goal").GetString());
        return assignment.GetProperty("id").GetString()!;
    }

    private async Task Complete(string assignment, string writes) =>
        Assert.Equal("accepted", (await host.Send("POST", $"/v1/assignments/{assignment}/complete", $$"""{"writes":{{writes}}}"""))["outcome"]);
}
