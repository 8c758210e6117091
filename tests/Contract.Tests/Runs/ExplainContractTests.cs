using System.Text.Json;

namespace Rosud.Runs;

/// <summary>Five incidents made on a real host, each explained by its true cause; every sentence's evidence is there to be read.</summary>
public sealed class ExplainContractTests(RosudHost host) : IClassFixture<RosudHost>
{
    [Fact]
    public async Task What_was_rewritten_under_an_attempt_is_the_cause()
    {
        var (agent, channel) = await Prepare("""{"staleness_threshold_ms":null}""");
        var run = await Begin(channel, Step(agent));
        var first = await Take(agent);
        await Write(channel, 2);
        Assert.Equal("stale", (await Complete(first, "1"))["outcome"]);
        Assert.Equal("accepted", (await Complete(await Take(agent), "2"))["outcome"]);

        var explained = await Explain(run, "completed");

        Assert.Contains($"in changed at version 2 while {agent} worked on step s with what was there before (it had read version 1): attempt 1 did not count.", explained.Wrong);
        Assert.Equal(["It ended because everything that was wanted was accepted."], explained.Stopped);
    }

    [Fact]
    public async Task An_agent_that_never_answers_is_the_cause()
    {
        var (agent, channel) = await Prepare();
        var run = await Begin(channel, Step(agent), timeoutMs: 700);
        await Take(agent);
        await End(run);

        var explained = await Explain(run, "deadline_exceeded");

        Assert.StartsWith("Its deadline ended it after ", explained.Stopped[0], StringComparison.Ordinal);
        Assert.StartsWith($"{agent} was still at work on step s, for ", explained.Stopped[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_agent_says_when_it_fails_for_good_is_the_cause()
    {
        var (agent, channel) = await Prepare();
        var run = await Begin(channel, Step(agent));
        await host.Send("POST", $"/v1/assignments/{await Take(agent)}/fail", """{"reason":"The ledger is closed.","retryable":false}""");

        var explained = await Explain(run, "failed");

        Assert.Contains(explained.Wrong, sentence => sentence.Contains("The ledger is closed", StringComparison.Ordinal));
        Assert.Contains(explained.Stopped, sentence => sentence.StartsWith($"Step s of {agent} failed", StringComparison.Ordinal) && sentence.Contains("The ledger is closed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_schema_that_was_broken_is_the_cause()
    {
        var (agent, channel) = await Prepare();
        var run = await Begin(channel, Step(agent, ""","acceptance":[{"schema":{"type":"number"}}]"""));
        await Complete(await Take(agent), "\"words\"");
        for (var retry = 0; retry < 3; retry++) await Complete(await Take(agent), "\"words\"");

        var explained = await Explain(run, "acceptance_failed");

        Assert.Contains(explained.Wrong, sentence => sentence.Contains("The value of out breaks its schema", StringComparison.Ordinal));
        Assert.Equal("What a step wrote was not acceptable, and no retry made it so.", explained.Stopped[0]);
    }

    [Fact]
    public async Task Waiting_for_an_agents_only_permit_is_the_cause()
    {
        var (agent, channel) = await Prepare();
        var (_, other) = (agent, await host.NewChannel($"\"{agent}\""));
        await Write(other, 1);
        await Begin(other, Step(agent));
        var busy = await Take(agent);
        var run = await Begin(channel, Step(agent));
        for (var look = 0; look < 100; look++) await host.Send("GET", $"/v1/runs/{run}");   // Time passes for the one that waits.
        await Complete(busy, "1");
        await Complete(await Take(agent), "1");

        var explained = await Explain(run, "completed");

        Assert.EndsWith($"step s waited for a free place at {agent}.", explained.Slow[1], StringComparison.Ordinal);
    }

    private async Task<(string Agent, string Channel)> Prepare(string sync = "{}")
    {
        var agent = host.NewName("explained");
        await host.Send("PUT", $"/v1/agents/{agent}", """{"reads":["in"],"writes":["out"],"max_concurrency":1}""");
        var channel = await host.NewChannel($"\"{agent}\"", sync);
        await Write(channel, 1);
        return (agent, channel);
    }

    private static string Step(string agent, string more = "") => $$"""{"id":"s","agent":"{{agent}}","reads":["in"],"writes":["out"]{{more}}}""";

    private async Task Write(string channel, int value) => await host.Send("PATCH", $"/v1/channels/{channel}/context", $$$"""{"set":{"in":{{{value}}}}}""");

    private async Task<string> Begin(string channel, string step, int timeoutMs = 30_000) => (await host.Send(
        "POST", $"/v1/channels/{channel}/coordinate", $$$"""{"task":{"goal":"do it","outputs":["out"],"steps":[{{{step}}}]},"timeout_ms":{{{timeoutMs}}}}""", ("Prefer", "respond-async")))["run"]!;

    private async Task<string> Take(string agent) => Assert.Single(
        (await host.Send("POST", $"/v1/agents/{agent}/assignments/take", """{"max":1,"wait_ms":20000}""")).Json.GetProperty("assignments").EnumerateArray()).GetProperty("id").GetString()!;

    private Task<HttpAnswer> Complete(string assignment, string value) => host.Send("POST", $"/v1/assignments/{assignment}/complete", $$$"""{"writes":{"out":{{{value}}}}}""");

    private async Task End(string run)
    {
        using var events = await host.Listen($"/v1/runs/{run}/events");
        while (await events.Next() is not null) { }
    }

    private async Task<(string[] Slow, string[] Wrong, string[] Stopped)> Explain(string run, string status)
    {
        await End(run);
        var answer = await host.Send("GET", $"/v1/runs/{run}/explain");
        Assert.Equal((200, status), (answer.Status, answer["status"]));
        return (await Sentences(answer, "why_slow"), await Sentences(answer, "why_wrong"), await Sentences(answer, "why_stopped"));
    }

    private async Task<string[]> Sentences(HttpAnswer explained, string why)
    {
        var all = explained.Json.GetProperty(why).EnumerateArray().ToList();
        foreach (var one in all)
        {
            var link = one.GetProperty("evidence").GetString()!;
            var evidence = await host.Send("GET", link.Split('#')[0]);
            Assert.True(evidence.Status == 200, $"{link}: {evidence.Status}");
            if (link.Split('#') is [_, var pointer]) Assert.True(Resolves(evidence.Json, pointer), $"{link} is not in {evidence.Text}");
        }

        return [.. all.Select(one => one.GetProperty("sentence").GetString()!)];
    }

    private static bool Resolves(JsonElement at, string pointer)
    {
        foreach (var name in pointer.Split('/').Skip(1))
        {
            if (at.ValueKind == JsonValueKind.Array && int.TryParse(name, out var index) && index < at.GetArrayLength()) at = at[index];
            else if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at)) return false;
        }

        return true;
    }
}
