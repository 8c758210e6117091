using System.Text.Json;
using Rosud.Hosting;

namespace Rosud.Runs;

/// <summary>A worker that goes on while every host is lost: its answer counts when what it was handed still holds.</summary>
public sealed class OutlivingWorkerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rosud-outlive-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task S4_what_a_worker_was_handed_outlives_every_host()
    {
        var host = await HostProcess.Start(_folder);
        try
        {
            await Send(host, "PUT", "/v1/agents/buyer", """{"reads":["price","plan.*"],"writes":["out.*"]}""", 201);
            await Send(host, "POST", "/v1/channels", """{"id":"c","agents":["buyer"],"sync":{"staleness_threshold_ms":600000}}""", 201);
            await Send(host, "PATCH", "/v1/channels/c/context", """{"set":{"price":100,"plan.scope":"all"}}""", 200);
            await Send(host, "PATCH", "/v1/channels/c/context", """{"set":{"weather":"fair"}}""", 200);
            var (unchanged, first) = await Started(host, "unchanged");
            var (equal, second) = await Started(host, "equal");
            await host.Kill();
            await host.DisposeAsync();
            host = await HostProcess.Start(_folder);   // On other ports, as on another machine.

            Assert.Equal("accepted", await Complete(host, first, "unchanged"));
            await Send(host, "PATCH", "/v1/channels/c/context", """{"set":{"price":999}}""", 200);
            await Send(host, "PATCH", "/v1/channels/c/context", """{"set":{"price":100}}""", 200);
            Assert.Equal("accepted", await Complete(host, second, "equal"));
            foreach (var run in new[] { unchanged, equal })
            {
                var result = await Send(host, "GET", $"/v1/runs/{run}", null, 200);
                Assert.Equal("completed", result.GetProperty("status").GetString());
                Assert.Equal("accepted", Assert.Single(result.GetProperty("attempts").EnumerateArray()).GetProperty("outcome").GetString());
            }
        }
        finally
        {
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task S4_what_a_worker_was_handed_and_has_changed_is_stale_although_every_host_was_lost()
    {
        var host = await HostProcess.Start(_folder);
        try
        {
            await Send(host, "PUT", "/v1/agents/buyer", """{"reads":["price","plan.*"],"writes":["out.*"]}""", 201);
            await Send(host, "POST", "/v1/channels", """{"id":"c","agents":["buyer"],"sync":{"staleness_threshold_ms":600000}}""", 201);
            await Send(host, "PATCH", "/v1/channels/c/context", """{"set":{"price":100,"plan.scope":"all"}}""", 200);
            var (_, exact) = await Started(host, "exact");
            var (_, phantom) = await Started(host, "phantom");
            await host.Kill();
            await host.DisposeAsync();
            host = await HostProcess.Start(host.Ports, _folder);

            await Send(host, "PATCH", "/v1/channels/c/context", """{"set":{"plan.more":1}}""", 200);
            Assert.Equal("stale", await Complete(host, phantom, "phantom"));
            await Send(host, "PATCH", "/v1/channels/c/context", """{"set":{"price":999},"delete":["plan.more"]}""", 200);
            Assert.Equal("stale", await Complete(host, exact, "exact"));
        }
        finally
        {
            await host.DisposeAsync();
        }
    }

    private static async Task<string> Complete(HostProcess host, string attempt, string name) =>
        (await Send(host, "POST", $"/v1/assignments/{attempt}/complete", $$$"""{"writes":{"out.{{{name}}}":1}}""", 200)).GetProperty("outcome").GetString()!;

    private static async Task<(string Run, string Attempt)> Started(HostProcess host, string name)
    {
        var task = $$$"""{"task":{"goal":"{{{name}}}","steps":[{"id":"buy","agent":"buyer","reads":["price","plan.*"],"writes":["out.{{{name}}}"]}]},"timeout_ms":600000}""";
        var run = (await Send(host, "POST", "/v1/channels/c/coordinate", task, 202, ("Prefer", "respond-async"))).GetProperty("run").GetString()!;
        var taken = await Send(host, "POST", "/v1/agents/buyer/assignments/take", """{"max":1,"wait_ms":20000}""", 200);
        return (run, Assert.Single(taken.GetProperty("assignments").EnumerateArray()).GetProperty("id").GetString()!);
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
