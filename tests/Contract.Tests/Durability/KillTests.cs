using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rosud.Hosting;

namespace Rosud.Durability;

/// <summary>Hosts that are killed with SIGKILL in the middle of their work, and started again on the same folder.</summary>
public sealed class KillTests : IDisposable
{
    private const int Commits = 1_000;
    private const int KilledAfter = 400;
    private const int Writers = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("rosud-kill-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_host_killed_in_the_middle_of_a_thousand_commits_has_every_acknowledged_one_in_order_and_once()
    {
        var acknowledged = new ConcurrentDictionary<int, long>();
        var unknown = new ConcurrentBag<int>();
        var ports = HostPorts.Free();
        await using (var killed = await HostProcess.Start(ports, _folder))
        {
            await Send(killed, "POST", "/v1/channels", """{"id":"c","agents":[]}""");
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var writers = Enumerable.Range(0, Writers).Select(writer => Write(killed, writer, acknowledged, unknown, enough)).ToList();
            await enough.Task;
            await killed.Kill();
            await Task.WhenAll(writers);
        }

        Assert.InRange(acknowledged.Count, KilledAfter, Commits - 1);
        Assert.NotEmpty(unknown);   // Else nothing was under way when it was killed.
        var certain = acknowledged.Count;
        await using var host = await HostProcess.Start(ports, _folder);
        var before = (await Changes(host)).Count;
        // What nobody knows of is repeated with its key: it lands now, or is told where it landed before.
        foreach (var number in Enumerable.Range(0, Commits).Where(number => !acknowledged.ContainsKey(number))) acknowledged[number] = await Commit(host, number);
        foreach (var number in Enumerable.Range(0, 20)) Assert.Equal(acknowledged[number], await Commit(host, number));

        var changes = await Changes(host);
        Assert.InRange(before, certain, certain + unknown.Count);
        Assert.Equal(Enumerable.Range(1, Commits).Select(version => (long)version), changes.Select(change => change.Version));
        Assert.Equal(Commits, changes.Select(change => change.Number).Distinct().Count());
        Assert.All(changes, change => Assert.Equal(acknowledged[change.Number], change.Version));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_whose_host_is_killed_ends_after_the_restart_and_does_no_finished_step_again(bool isOnPostgres)
    {
        await using var postgres = isOnPostgres ? await PostgresServer.Start() : null;
        var (ports, settings) = (HostPorts.Free(), postgres?.Settings ?? []);
        string run;
        int firstAttempt;
        await using (var killed = await HostProcess.Start(ports, _folder, settings))
        {
            await Send(killed, "PUT", "/v1/agents/a", """{"reads":["in"],"writes":["one"]}""");
            await Send(killed, "PUT", "/v1/agents/b", """{"reads":["one"],"writes":["out"]}""");
            await Send(killed, "POST", "/v1/channels", """{"id":"c","agents":["a","b"]}""");
            await Send(killed, "PATCH", "/v1/channels/c/context", """{"set":{"in":1}}""");
            run = (await Send(killed, "POST", "/v1/channels/c/coordinate", """
                {"task":{"goal":"g","outputs":["out"],"steps":[
                  {"id":"s1","agent":"a","reads":["in"],"writes":["one"]},{"id":"s2","agent":"b","reads":["one"],"writes":["out"]}]},"timeout_ms":120000}
                """, ("Prefer", "respond-async"))).GetProperty("run").GetString()!;
            var first = await Take(killed, "a");
            Assert.Equal("accepted", (await Send(killed, "POST", $"/v1/assignments/{first.Id}/complete", """{"writes":{"one":2},"usage":{}}""")).GetProperty("outcome").GetString());
            firstAttempt = (await Take(killed, "b")).Attempt;
            await killed.Kill();
        }

        await using var host = await HostProcess.Start(ports, _folder, settings);
        var again = await Take(host, "b");
        var completed = await Send(host, "POST", $"/v1/assignments/{again.Id}/complete", """{"writes":{"out":3},"usage":{}}""");

        Assert.True(again.Attempt > firstAttempt);
        Assert.Equal("accepted", completed.GetProperty("outcome").GetString());
        var result = await Send(host, "GET", $"/v1/runs/{run}");
        Assert.Equal("completed", result.GetProperty("status").GetString());
        Assert.Equal(3, result.GetProperty("outputs").GetProperty("out").GetInt32());
        Assert.Equal(1, (await Send(host, "GET", "/v1/channels/c/context")).GetProperty("entries").GetProperty("in").GetProperty("value").GetInt32());
        Assert.Empty((await Send(host, "POST", "/v1/agents/a/assignments/take", """{"max":1,"wait_ms":0}""")).GetProperty("assignments").EnumerateArray());
    }

    private static async Task Write(HostProcess host, int writer, ConcurrentDictionary<int, long> acknowledged, ConcurrentBag<int> unknown, TaskCompletionSource enough)
    {
        for (var number = writer; number < Commits; number += Writers)
        {
            try
            {
                acknowledged[number] = await Commit(host, number);
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException or TaskCanceledException)
            {
                unknown.Add(number);
                return;
            }

            if (acknowledged.Count >= KilledAfter) enough.TrySetResult();
        }
    }

    private static async Task<long> Commit(HostProcess host, int number) => (await Send(
        host, "PATCH", "/v1/channels/c/context", string.Create(CultureInfo.InvariantCulture, $$$"""{"set":{"n":{{{number}}}}}"""), ("Idempotency-Key", $"n-{number}"))).GetProperty("version").GetInt64();

    private static async Task<List<(long Version, int Number)>> Changes(HostProcess host)
    {
        var changes = new List<(long, int)>();
        while (true)
        {
            var page = await Send(host, "GET", $"/v1/channels/c/changes?after={changes.Count}&limit=500");
            Assert.False(page.GetProperty("gap").GetBoolean());
            var items = page.GetProperty("changes").EnumerateArray().Select(change => (change.GetProperty("version").GetInt64(), change.GetProperty("set").GetProperty("n").GetInt32())).ToList();
            if (items.Count == 0) return changes;
            changes.AddRange(items);
        }
    }

    private static async Task<(string Id, int Attempt)> Take(HostProcess host, string agent)
    {
        while (true)
        {
            var taken = (await Send(host, "POST", $"/v1/agents/{agent}/assignments/take", """{"max":1,"wait_ms":20000}""")).GetProperty("assignments").EnumerateArray().ToList();
            if (taken.Count > 0) return (taken[0].GetProperty("id").GetString()!, taken[0].GetProperty("attempt").GetInt32());
        }
    }

    private static async Task<JsonElement> Send(HostProcess host, string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (body is not null) request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await host.Http.SendAsync(request);
        Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.Accepted, $"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
