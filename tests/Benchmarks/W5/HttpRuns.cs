using System.Net.Http.Json;
using System.Text.Json;

namespace Rosud.W5;

/// <summary>Runs the pipeline over HTTP, each lane on a channel of its own, and waits for the result in the same request.</summary>
internal sealed class HttpRuns(string url, int seed) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = new(url) };
    private readonly byte[] _goal = new byte[PipelineAgents.ContentBytes];
    private int _runs;

    /// <summary>Makes the agents and the channels.</summary>
    public async Task Open(int lanes)
    {
        foreach (var (name, writes) in PipelineAgents.Writes)
        {
            var spec = PipelineAgents.Spec(name);
            await Sent(await _http.PutAsJsonAsync($"/v1/agents/{PipelineAgents.Pull}{name}", new Dictionary<string, object>
            {
                ["reads"] = spec.Reads.Select(read => read.Value),
                ["writes"] = new[] { writes },
                ["transport"] = new { kind = "pull" },
                ["max_concurrency"] = spec.MaxConcurrency,
                ["queue_limit"] = spec.QueueLimit,
            }));
        }

        for (var lane = 0; lane < lanes; lane++)
        {
            await Sent(await _http.PostAsJsonAsync("/v1/channels", new { id = $"http-{lane}", agents = PipelineAgents.Names(PipelineAgents.Pull) }));
        }
    }

    /// <summary>Runs the pipeline once.</summary>
    public async Task Run(int lane)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/channels/http-{lane}/coordinate");
        request.Headers.Add("Idempotency-Key", $"{seed}-{Interlocked.Increment(ref _runs)}");
        request.Content = new ByteArrayContent(Body) { Headers = { ContentType = new("application/json") } };
        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsByteArrayAsync();
        using var result = JsonDocument.Parse(text);
        if (!result.RootElement.TryGetProperty("status", out var status) || status.ValueKind != JsonValueKind.String || status.GetString() != "completed")
        {
            throw new InvalidOperationException($"A run over HTTP did not complete: {(int)answer.StatusCode} {result.RootElement}");
        }
    }

    /// <summary>The bare pipeline behind one request.</summary>
    public async Task RunBare(int lane)
    {
        using var body = new ByteArrayContent(_goal);
        using var answer = await _http.PostAsync($"/bare/pipelines/http-{lane}", body);
        await answer.Content.ReadAsByteArrayAsync();
        answer.EnsureSuccessStatusCode();
    }

    public void Dispose() => _http.Dispose();

    private static byte[] Body { get; } = Write();

    private static byte[] Write()
    {
        var task = PipelineAgents.TaskOf("a report", PipelineAgents.Pull);
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            task = new
            {
                goal = task.Goal,
                outputs = task.Outputs!.Value.Select(output => output.Value),
                steps = task.Steps!.Value.Select(step => new
                {
                    id = step.Id,
                    agent = step.Agent,
                    reads = step.Reads.Select(read => read.Key.Value),
                    writes = step.Writes.Select(write => write.Value),
                }),
            },
            timeout_ms = 30_000,
        });
    }

    private static async Task Sent(HttpResponseMessage answer)
    {
        using (answer)
        {
            if (!answer.IsSuccessStatusCode) throw new HttpRequestException($"{answer.RequestMessage?.RequestUri}: {await answer.Content.ReadAsStringAsync()}");
        }
    }
}
