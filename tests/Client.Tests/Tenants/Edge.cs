using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rosud.Channels;

namespace Rosud.Tenants;

/// <summary>The HTTP edge over <see cref="Actors"/>, on a free loopback port.</summary>
internal sealed class Edge : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Edge(WebApplication app, Actors actors, Declared declared)
    {
        (_app, Declared) = (app, declared);
        Actors = actors;
        Http = new() { BaseAddress = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
    }

    public Actors Actors { get; }

    public HttpClient Http { get; }

    public Declared Declared { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<Edge> StartAsync(Action<Actors>? answers = null, Dictionary<string, string?>? settings = null, IChannelFeeds? feeds = null, TimeProvider? time = null)
    {
        var actors = new Actors();
        answers?.Invoke(actors);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection([new("Rosud:Audit:KeyFile", Path.Combine(Path.GetTempPath(), $"rosud-edge-{Environment.ProcessId}", "audit-key.pem"))]);
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        var declared = new Declared();
        builder.Services.AddSingleton<IStartupFilter>(declared);
        builder.Services.AddSingleton(actors.Grains);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        if (feeds is not null) builder.Services.AddSingleton(feeds);
        else builder.Services.AddSingleton<IChannelFeeds, NoFeeds>();
        builder.Services.AddRosudHttp(builder.Configuration);
        var app = builder.Build();
        app.MapRosud();
        await app.StartAsync();
        return new(app, actors, declared);
    }

    public async Task<Answer> Send(string method, string path, string? body = null, params (string Name, string Value)[] headers) =>
        await SendBytes(method, path, body is null ? null : Encoding.UTF8.GetBytes(body), headers);

    public async Task<Answer> SendBytes(string method, string path, byte[]? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (body is not null) request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content!.Headers.Remove(name);
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var response = await Http.SendAsync(request);
        Declared.Check();
        return new((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(),
            response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }

    private sealed class NoFeeds : IChannelFeeds
    {
        public IAsyncEnumerable<FeedItem> Follow(ChannelId channel, FeedPosition? after, CancellationToken cancellationToken, Action? joined = null) => AsyncEnumerable.Empty<FeedItem>();
    }
}

/// <summary>One edge for all tests of a class that need nothing of their own.</summary>
public sealed class SharedEdge : IAsyncLifetime
{
    internal Edge Edge { get; private set; } = null!;

    public async Task InitializeAsync() => Edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await Edge.DisposeAsync();
}

/// <summary>An answer, read to its end.</summary>
internal sealed record Answer(int Status, string? ContentType, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public string ProblemName => Json.GetProperty("type").GetString()!["urn:rosud:problem:".Length..];

    public string[] Pointers => [.. Json.GetProperty("errors").EnumerateArray()
        .Select(error => error.TryGetProperty("pointer", out var pointer) ? pointer.GetString()! : error.GetProperty("parameter").GetString()!)];
}
