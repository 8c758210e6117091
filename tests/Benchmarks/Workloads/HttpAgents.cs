using System.Net.Http.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Logging;

namespace Rosud.Workloads;

/// <summary>What one service sends another where nobody coordinates: the goal, and a copy of everything known so far.</summary>
internal sealed record HandOver(int Task, int Attempt, Dictionary<string, string> Context);

/// <summary>What comes back.</summary>
internal sealed record HandBack(Dictionary<string, string> Writes, double Ms);

/// <summary>Agents as services of their own: each is called over HTTP with a copy of the context and answers with what it wrote.</summary>
internal sealed class HttpAgents : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private HttpAgents(WebApplication app)
    {
        _app = app;
        _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1_000 }) { BaseAddress = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()), Timeout = TimeSpan.FromSeconds(60) };
    }

    /// <summary>Starts the services on a free loopback port.</summary>
    /// <param name="work">What the agent of a name does with what it is handed; throws to answer 500.</param>
    public static async Task<HttpAgents> Start(Func<string, HandOver, CancellationToken, Task<HandBack>> work)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapPost("/agents/{name}", async (string name, HttpRequest request) =>
        {
            var given = await request.ReadFromJsonAsync<HandOver>();
            try
            {
                return Results.Json(await work(name, given!, request.HttpContext.RequestAborted));
            }
            catch (AgentBrokeException broke)
            {
                return Results.Json(new HandBack([], broke.Ms), statusCode: 500);
            }
        });
        await app.StartAsync();
        return new(app);
    }

    /// <summary>Calls one agent.</summary>
    /// <returns>What it wrote, and whether it answered with success.</returns>
    public async Task<(bool Good, HandBack Answer)> Call(string name, HandOver given, CancellationToken stopped)
    {
        using var response = await _http.PostAsJsonAsync($"/agents/{name}", given, stopped);
        return (response.IsSuccessStatusCode, (await response.Content.ReadFromJsonAsync<HandBack>(stopped))!);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

/// <summary>An agent service failed.</summary>
internal sealed class AgentBrokeException(double ms) : Exception("The agent failed.")
{
    public double Ms { get; } = ms;
}
