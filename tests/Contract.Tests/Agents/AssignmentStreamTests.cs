using System.Text.Json;

namespace Rosud.Agents;

/// <summary>A worker that is pushed its assignments, and what becomes of them.</summary>
public sealed class AssignmentStreamTests(RosudHost host) : IClassFixture<RosudHost>
{
    [Fact]
    public async Task Work_is_pushed_one_after_another_and_ends_without_a_word()
    {
        var (agent, channel) = await Prepare();
        using var events = await host.Listen($"/v1/agents/{agent}/assignments/stream");
        for (var round = 1; round <= 3; round++)
        {
            var coordinating = host.Send("POST", $"/v1/channels/{channel}/coordinate", """{"task":{"goal":"g"},"timeout_ms":20000}""");
            var (_, type, body) = await Next(events);
            Assert.Equal("assignment", type);
            Assert.Equal("accepted", (await host.Send("POST", $"/v1/assignments/{Id(body)}/complete", $$$"""{"writes":{"answer":{{{round}}}}}"""))["outcome"]);
            Assert.Equal("completed", (await coordinating)["status"]);
        }
    }

    [Fact]
    public async Task R_superseded_A_change_of_what_it_reads_is_pushed_to_the_attempt_and_then_the_next_attempt()
    {
        var (agent, channel) = await Prepare();
        using var events = await host.Listen($"/v1/agents/{agent}/assignments/stream");
        var coordinating = host.Send("POST", $"/v1/channels/{channel}/coordinate", """{"task":{"goal":"g"},"timeout_ms":20000}""");
        var first = (await Next(events)).Body;
        Assert.Equal(200, (await host.Send("PATCH", $"/v1/channels/{channel}/context", """{"set":{"question":2}}""")).Status);

        var told = new[] { await Next(events), await Next(events) };   // Both at once: either may be first.

        Assert.Equal(Id(first), Id(Assert.Single(told, one => one.Type == "superseded").Body));
        var second = Assert.Single(told, one => one.Type == "assignment").Body;
        Assert.Equal(("2", "2"), (second.GetProperty("attempt").ToString(), second.GetProperty("context").GetProperty("entries").GetProperty("question").GetProperty("value").ToString()));
        Assert.Equal((409, "fenced"), await Complete(first));
        Assert.Equal(200, (await Complete(second)).Status);
        Assert.Equal("completed", (await coordinating)["status"]);
    }

    [Fact]
    public async Task R14_A_cancel_is_pushed_to_the_attempt()
    {
        var (agent, channel) = await Prepare();
        using var events = await host.Listen($"/v1/agents/{agent}/assignments/stream");
        var run = (await host.Send("POST", $"/v1/channels/{channel}/coordinate", """{"task":{"goal":"g"},"timeout_ms":20000}""", ("Prefer", "respond-async")))["run"];
        var work = (await Next(events)).Body;
        Assert.Equal("canceled", (await host.Send("POST", $"/v1/runs/{run}/cancel"))["status"]);

        var (_, type, body) = await Next(events);

        Assert.Equal(("cancelled", Id(work)), (type, Id(body)));
    }

    [Fact]
    public async Task What_changed_is_pushed_to_an_attempt_that_can_take_it_in()
    {
        var agent = host.NewName("agent");
        Assert.Equal(201, (await host.Send("PUT", $"/v1/agents/{agent}", """{"description":"d","reads":["question"],"writes":["answer"],"rebase":true,"transport":{"kind":"pull"}}""")).Status);
        var channel = await host.NewChannel($"\"{agent}\"");
        await host.Send("PATCH", $"/v1/channels/{channel}/context", """{"set":{"question":1}}""");
        using var events = await host.Listen($"/v1/agents/{agent}/assignments/stream");
        var coordinating = host.Send("POST", $"/v1/channels/{channel}/coordinate", """{"task":{"goal":"g"},"timeout_ms":20000,"on_stale_context":"rebase"}""");
        var work = (await Next(events)).Body;
        for (var value = 2; value <= 3; value++)
        {
            await host.Send("PATCH", $"/v1/channels/{channel}/context", $$$"""{"set":{"question":{{{value}}}}}""");
            var (_, type, body) = await Next(events);
            Assert.Equal(("changed", Id(work)), (type, Id(body)));
            Assert.Equal($"{value}", body.GetProperty("changed").GetProperty("context").GetProperty("entries").GetProperty("question").GetProperty("value").ToString());
        }

        Assert.Equal(200, (await host.Send("POST", $"/v1/assignments/{Id(work)}/complete", """{"writes":{"answer":1},"based_on":3}""")).Status);
        Assert.Equal("completed", (await coordinating)["status"]);
    }

    [Fact]
    public async Task A_stream_of_an_agent_that_is_not_pulled_is_a_problem()
    {
        Assert.Equal(404, (await host.Send("GET", "/v1/agents/nobody-here/assignments/stream")).Status);
        var invalid = await host.Send("GET", "/v1/agents/nobody-here/assignments/stream?lease_ms=5");
        Assert.Equal(400, invalid.Status);
        Assert.Contains("lease_ms", invalid.Text, StringComparison.Ordinal);
    }

    private async Task<(string Agent, string Channel)> Prepare()
    {
        var agent = await host.NewAgent("\"question\"", "\"answer\"");
        var channel = await host.NewChannel($"\"{agent}\"");
        Assert.Equal(200, (await host.Send("PATCH", $"/v1/channels/{channel}/context", """{"set":{"question":1}}""")).Status);
        return (agent, channel);
    }

    private async Task<(int Status, string? Problem)> Complete(JsonElement work)
    {
        var answer = await host.Send("POST", $"/v1/assignments/{Id(work)}/complete", """{"writes":{"answer":1}}""");
        return (answer.Status, answer.Status == 200 ? null : answer.Problem);
    }

    private static async Task<(string? Id, string Type, JsonElement Body)> Next(EventReader events) =>
        await events.Next().WaitAsync(TimeSpan.FromSeconds(20)) ?? throw new InvalidOperationException("The stream has ended.");

    private static string? Id(JsonElement body) => body.GetProperty("id").GetString();
}
