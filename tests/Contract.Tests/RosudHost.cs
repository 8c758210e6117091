using System.Net.Http.Headers;
using System.Text.Json;
using Rosud.Hosting;

namespace Rosud;

/// <summary>One host process for the tests of a class, and how they talk to it.</summary>
public sealed class RosudHost : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rosud-contract-").FullName;
    private HostProcess _process = null!;
    private int _names;

    /// <summary>Settings beside those every host has; set them before it starts.</summary>
    internal string[] Settings { get; init; } = [];

    internal HttpClient Http => _process.Http;

    internal HostProcess Process => _process;

    public async Task InitializeAsync() => _process = await HostProcess.Start(_folder, [$"--Rosud:DataPath={DataFolder}", $"--Orleans:ClusterId={Path.GetFileName(_folder).ToLowerInvariant()}", .. Settings]);

    public async Task DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Where the host keeps its data.</summary>
    internal string DataFolder => Path.Combine(_folder, "data");

    /// <summary>A name that no other test of this host has.</summary>
    internal string NewName(string kind) => $"{kind}-{Interlocked.Increment(ref _names)}";

    internal async Task<string> NewChannel(string agents = "", string sync = "{}")
    {
        var name = NewName("channel");
        var answer = await Send("POST", "/v1/channels", $$"""{"id":"{{name}}","agents":[{{agents}}],"sync":{{sync}}}""");
        Assert.Equal(201, answer.Status);
        return name;
    }

    internal async Task<string> NewAgent(string reads, string writes)
    {
        var name = NewName("agent");
        Assert.Equal(201, (await Send("PUT", $"/v1/agents/{name}", $$$"""{"description":"d","reads":[{{{reads}}}],"writes":[{{{writes}}}],"transport":{"kind":"pull"}}""")).Status);
        return name;
    }

    internal async Task<HttpAnswer> Send(string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (body is not null) request.Content = new StringContent(body, new MediaTypeHeaderValue("application/json"));
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Http.SendAsync(request);
        return new((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(), response.Headers.ETag?.ToString(), response.Headers.Location?.ToString())
        {
            IsReplay = response.Headers.TryGetValues("Idempotency-Replayed", out var replayed) && replayed.Single() == "true",
        };
    }

    /// <summary>Opens a stream of events.</summary>
    internal async Task<EventReader> Listen(string path, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new(response, new StreamReader(await response.Content.ReadAsStreamAsync()));
    }
}

/// <summary>An answer, read to its end.</summary>
internal sealed record HttpAnswer(int Status, string? ContentType, string Text, string? ETag, string? Location)
{
    /// <summary>It says that it is an earlier answer.</summary>
    public bool IsReplay { get; init; }

    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public string? this[string member] => Json.GetProperty(member).ToString();

    public string Problem => this["type"]!["urn:rosud:problem:".Length..];
}

/// <summary>Reads events as a browser does.</summary>
internal sealed class EventReader(HttpResponseMessage response, StreamReader lines) : IDisposable
{
    /// <summary>The next event that is no comment; null at the end of the stream.</summary>
    public async Task<(string? Id, string Type, JsonElement Body)?> Next()
    {
        string? id = null, type = null, body = null;
        while (await lines.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal)) id = line[4..];
            else if (line.StartsWith("event: ", StringComparison.Ordinal)) type = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal)) body = line[6..];
            else if (line.Length == 0 && body is not null) return (id, type!, JsonDocument.Parse(body).RootElement);
        }

        return null;
    }

    public void Dispose()
    {
        lines.Dispose();
        response.Dispose();
    }
}
