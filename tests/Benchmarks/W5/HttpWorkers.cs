using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Rosud.Measuring;

namespace Rosud.W5;

/// <summary>Workers that take the pipeline's assignments over HTTP and complete them at once, as an agent in any language would.</summary>
internal sealed class HttpWorkers : IAsyncDisposable
{
    private const int TakersEach = 2;

    private readonly HttpClient _http;
    private readonly CancellationTokenSource _stop = new();
    private readonly Content _content;
    private readonly Task _working;

    /// <summary>Starts them: they wait for work at once.</summary>
    public HttpWorkers(string url, int seed)
    {
        _http = new() { BaseAddress = new(url) };
        _content = new(seed, PipelineAgents.ContentBytes);
        _working = Task.WhenAll(
            from agent in PipelineAgents.Writes
            from _ in Enumerable.Range(0, TakersEach)
            select Task.Run(() => Work(agent.Key, agent.Value)));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task Work(string agent, string key)
    {
        while (true)
        {
            using var answer = await _http.PostAsJsonAsync($"/v1/agents/{PipelineAgents.Pull}{agent}/assignments/take", new { max = 16, wait_ms = 20_000 }, _stop.Token);
            answer.EnsureSuccessStatusCode();
            using var taken = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(_stop.Token));
            await Task.WhenAll(taken.RootElement.GetProperty("assignments").EnumerateArray().Select(assignment => Complete(assignment.GetProperty("id").GetString()!, key)));
        }
    }

    private async Task Complete(string assignment, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/assignments/{assignment}/complete");
        request.Headers.Add("Idempotency-Key", assignment);
        request.Content = new StringContent($$$"""{"writes":{"{{{key}}}":{{{_content.Next()}}}}}""", Encoding.UTF8, "application/json");
        using var answer = await _http.SendAsync(request, _stop.Token);
        answer.EnsureSuccessStatusCode();
    }
}
