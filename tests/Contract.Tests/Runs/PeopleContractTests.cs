using System.Text.Json;
using Rosud.Hosting;

namespace Rosud.Runs;

/// <summary>Effects, questions and verifiers over HTTP, and a host that is killed between claim, effect and receipt.</summary>
public sealed class PeopleContractTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rosud-people-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]   // The outside honours the key, as payment services do: whatever is asked twice under one key is done once.
    public async Task R9_an_effect_is_done_once_though_the_host_is_killed_between_claim_effect_and_receipt()
    {
        var outside = new HashSet<string>();
        string run;
        var host = await HostProcess.Start(_folder);
        try
        {
            run = await Prepare(host);
            var claimed = await Effect(host, await Take(host), "{}", 201);
            Assert.Equal("claimed", claimed.GetProperty("state").GetString());
            host = await KillAndStart(host);   // After the claim.

            var attempt = await Take(host);
            var known = await Effect(host, attempt, "{}", 200);
            Assert.Equal((1, Key(claimed)), (known.GetProperty("attempt").GetInt32(), Key(known)));
            outside.Add(Key(known));
            host = await KillAndStart(host);   // After the effect.

            attempt = await Take(host);
            outside.Add(Key(await Effect(host, attempt, "{}", 200)));
            var done = await Effect(host, attempt, """{"receipt":{"charge":"ch_1"}}""", 201);
            Assert.Equal(1, done.GetProperty("reads").GetProperty("price").GetInt64());
            host = await KillAndStart(host);   // After the receipt.

            attempt = await Take(host);
            var kept = await Effect(host, attempt, "{}", 200);
            Assert.Equal(("done", "ch_1"), (kept.GetProperty("state").GetString(), kept.GetProperty("receipt").GetProperty("charge").GetString()));
            Assert.Equal("done", (await Send(host, "GET", $"/v1/assignments/{attempt}/effects/charge", null, 200)).GetProperty("state").GetString());
            Assert.Equal("ch_1", (await Effect(host, attempt, """{"receipt":"another"}""", 200)).GetProperty("receipt").GetProperty("charge").GetString());
            await Send(host, "POST", $"/v1/assignments/{attempt}/complete", """{"writes":{"out":1}}""", 200);
            var result = await Send(host, "GET", $"/v1/runs/{run}", null, 200);
            Assert.Equal("completed", result.GetProperty("status").GetString());
            Assert.Equal("charge", Assert.Single(result.GetProperty("effects").EnumerateArray()).GetProperty("name").GetString());
            await Send(host, "GET", $"/v1/assignments/{attempt}/effects/charge", null, 409);
        }
        finally
        {
            await host.DisposeAsync();
        }

        Assert.Single(outside);
    }

    [Fact]
    public async Task A_question_outlives_its_host_and_is_answered_once()
    {
        var host = await HostProcess.Start(_folder);
        try
        {
            var run = await Prepare(host);
            var attempt = await Take(host);
            var asked = await Send(host, "POST", $"/v1/assignments/{attempt}/ask", """{"question":"Buy at 100?","schema":{"type":"boolean"},"expires_ms":600000}""", 200);
            var again = await Send(host, "POST", $"/v1/assignments/{attempt}/ask", """{"question":"Buy at 100?","schema":{"type":"boolean"},"expires_ms":600000}""", 200);
            var id = asked.GetProperty("question").GetString()!;
            Assert.Equal(id, again.GetProperty("question").GetString());
            host = await KillAndStart(host);

            var waiting = await Send(host, "GET", $"/v1/runs/{run}", null, 200);
            var question = Assert.Single(waiting.GetProperty("questions").EnumerateArray());
            Assert.Equal(("input_required", id, "open"), (waiting.GetProperty("status").GetString(), question.GetProperty("id").GetString(), question.GetProperty("state").GetString()));
            await Send(host, "POST", $"/v1/runs/{run}/answer", $$"""{"question":"{{id}}","value":"yes"}""", 400);
            await Send(host, "PATCH", "/v1/channels/c/context", """{"set":{"price":999}}""", 200);
            var stale = await Send(host, "POST", $"/v1/runs/{run}/answer", $$"""{"question":"{{id}}","value":true}""", 412);
            Assert.Equal("price", Assert.Single(stale.GetProperty("stale").EnumerateArray()).GetProperty("key").GetString());

            attempt = await Take(host);
            var second = (await Send(host, "POST", $"/v1/assignments/{attempt}/ask", """{"question":"Buy at 999?"}""", 200)).GetProperty("question").GetString();
            Assert.NotEqual(id, second);
            await Send(host, "POST", $"/v1/runs/{run}/answer", $$"""{"question":"{{second}}","value":true,"by":"anna"}""", 200);
            await Send(host, "POST", $"/v1/runs/{run}/answer", $$"""{"question":"{{second}}","value":true}""", 200);
            await Send(host, "POST", $"/v1/runs/{run}/answer", $$"""{"question":"{{second}}","value":false}""", 409);
            host = await KillAndStart(host);

            var assignment = await Taken(host);
            Assert.Equal("anna", Assert.Single(assignment.GetProperty("answers").EnumerateArray()).GetProperty("answered_by").GetString());
            await Send(host, "POST", $"/v1/assignments/{assignment.GetProperty("id").GetString()}/complete", """{"writes":{"out":1}}""", 200);
            Assert.Equal("completed", (await Send(host, "GET", $"/v1/runs/{run}", null, 200)).GetProperty("status").GetString());
        }
        finally
        {
            await host.DisposeAsync();
        }
    }

    private static string Key(JsonElement effect) => effect.GetProperty("idempotency_key").GetString()!;

    private async Task<HostProcess> KillAndStart(HostProcess host)
    {
        await host.Kill();
        await host.DisposeAsync();
        return await HostProcess.Start(host.Ports, _folder);
    }

    private static async Task<string> Prepare(HostProcess host)
    {
        await Send(host, "PUT", "/v1/agents/buyer", """{"reads":["price"],"writes":["out"]}""", 201);
        await Send(host, "POST", "/v1/channels", """{"id":"c","agents":["buyer"],"sync":{"staleness_threshold_ms":600000}}""", 201);
        await Send(host, "PATCH", "/v1/channels/c/context", """{"set":{"price":100}}""", 200);
        var run = await Send(host, "POST", "/v1/channels/c/coordinate", """{"task":{"goal":"buy"},"timeout_ms":600000}""", 202, ("Prefer", "respond-async"));
        return run.GetProperty("run").GetString()!;
    }

    private static Task<JsonElement> Effect(HostProcess host, string attempt, string body, int status) => Send(host, "PUT", $"/v1/assignments/{attempt}/effects/charge", body, status);

    private static async Task<string> Take(HostProcess host) => (await Taken(host)).GetProperty("id").GetString()!;

    private static async Task<JsonElement> Taken(HostProcess host)
    {
        while (true)
        {
            var taken = (await Send(host, "POST", "/v1/agents/buyer/assignments/take", """{"max":1,"wait_ms":20000}""", 200)).GetProperty("assignments").EnumerateArray().ToList();
            if (taken.Count > 0) return taken[0];
        }
    }

    private static async Task<JsonElement> Send(HostProcess host, string method, string path, string? body, int status, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (body is not null) request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await host.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{method} {path}: {(int)response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }
}
