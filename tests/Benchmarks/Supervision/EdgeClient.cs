using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Rosud.Measuring;

namespace Rosud.Supervision;

/// <summary>Somebody with an API key who has runs done over HTTP.</summary>
internal sealed class EdgeClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _channel;
    private int _runs;

    public EdgeClient(string url, string? key, string channel)
    {
        _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 2_000 }) { BaseAddress = new(url), Timeout = TimeSpan.FromSeconds(30) };
        if (key is not null) _http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        _channel = channel;
    }

    /// <summary>Runs that completed, and how long they took.</summary>
    public Latencies Good { get; } = new();

    /// <summary>Requests refused with 429, and how soon.</summary>
    public Latencies Refused { get; } = new();

    public int WithoutRetryAfter { get; private set; }

    public int Failed { get; private set; }

    public async Task Open(object? agent, string name)
    {
        if (agent is not null) (await _http.PutAsJsonAsync($"/v1/agents/{name}", agent)).EnsureSuccessStatusCode();
        (await _http.PostAsJsonAsync("/v1/channels", new { id = _channel, agents = new[] { name } })).EnsureSuccessStatusCode();
    }

    /// <summary>Has one run done. True unless it was refused.</summary>
    private static readonly string[] Out = ["out"];

    public async Task<bool> Run(string agent, int timeoutMs)
    {
        var number = Interlocked.Increment(ref _runs);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/channels/{_channel}/coordinate")
        {
            Content = JsonContent.Create(new
            {
                task = new { goal = string.Create(CultureInfo.InvariantCulture, $"goal {number}"), outputs = Out, steps = new[] { new { id = "s", agent, writes = Out } } },
                timeout_ms = timeoutMs,
            }),
        };
        var began = Stopwatch.GetTimestamp();
        using var answer = await _http.SendAsync(request);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        var completed = (int)answer.StatusCode == 200 && body.RootElement.GetProperty("status").GetString() == "completed";
        lock (_http)
        {
            if ((int)answer.StatusCode == 429)
            {
                Refused.Since(began);
                if (answer.Headers.RetryAfter is null) WithoutRetryAfter++;
                return false;
            }

            if (completed) Good.Since(began);
            else Failed++;
        }

        return true;
    }

    /// <summary>Looks at a supervisor, as an operator would in trouble. True when it was answered.</summary>
    public async Task<bool> Control(string agent)
    {
        using var answer = await _http.GetAsync($"/v1/agents/{agent}/supervisor");
        return answer.IsSuccessStatusCode;
    }

    public void Dispose() => _http.Dispose();
}
