using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Logging;

namespace Rosud.W4;

/// <summary>Three agents with two instances each, as services of their own. The same code for every arm; it fails as the plan says.</summary>
internal sealed class FaultyAgents : IAsyncDisposable
{
    private const int WorkMs = 40;
    private readonly FaultPlan _plan;
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<(int Task, string Agent), int> _calls = new();
    private readonly ConcurrentDictionary<string, bool> _seenKeys = new();
    private readonly long _began = Stopwatch.GetTimestamp();

    private FaultyAgents(FaultPlan plan)
    {
        _plan = plan;
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.MapPost("/{agent}/{instance:int}", Answer);
    }

    /// <summary>How often the last agent did what it does to the outside, by task.</summary>
    public ConcurrentDictionary<int, int> Effects { get; } = new();

    /// <summary>Does to the world or the host what is more than an agent can do; told by the arm that has them.</summary>
    public Func<FaultKind, int, Task> Harm { get; set; } = (_, _) => Task.CompletedTask;

    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<FaultyAgents> Start(FaultPlan plan)
    {
        var agents = new FaultyAgents(plan);
        await agents._app.StartAsync();
        return agents;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task Answer(string agent, int instance, HttpContext http)
    {
        using var asked = await JsonDocument.ParseAsync(http.Request.Body);
        var task = FaultPlan.TaskOf(asked.RootElement.GetProperty("goal").GetString()!);
        var step = FaultPlan.Agents.IndexOf(agent);
        var (kind, at) = _plan.Of(task);
        var call = _calls.AddOrUpdate((task, agent), 1, (_, before) => before + 1);
        if (kind == FaultKind.None || at != step) await Work(http, asked.RootElement, task, step, WorkMs);
        else await Fault(kind, call, instance, http, asked.RootElement, task, step);
    }

    private async Task Fault(FaultKind kind, int call, int instance, HttpContext http, JsonElement asked, int task, int step)
    {
        switch (kind)
        {
            case FaultKind.Crash when call == 1:
                Effect(http, task, step);
                http.Abort();
                break;
            case FaultKind.Poison:
                http.Abort();
                break;
            case FaultKind.Hang when call == 1:
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
            case FaultKind.Slow when call == 1:
                await Work(http, asked, task, step, WorkMs * 20);   // Ten times 80 ms: longer than a step may take.
                break;
            case FaultKind.Garbage when call == 1:
                await http.Response.WriteAsync(task % 4 < 2 ? "I could not find it, sorry!" : $$$"""{"writes":{"{{{FaultPlan.Agents[step]}}}":"n/a"}}""");
                break;
            case FaultKind.Burst when call <= 2:
                http.Response.Headers.RetryAfter = "0";
                http.Response.StatusCode = 429;
                break;
            case FaultKind.Storm or FaultKind.ClockJump or FaultKind.StorageError or FaultKind.StorageFreeze or FaultKind.Kill or FaultKind.Freeze when call == 1:
                var harm = Harm(kind, task);
                await Work(http, asked, task, step, WorkMs);
                await harm;
                break;
            case FaultKind.Flapping when instance == 0 && (int)(Stopwatch.GetElapsedTime(_began).TotalSeconds / 2) % 2 == 0:
                http.Response.StatusCode = 503;
                break;
            default:
                await Work(http, asked, task, step, WorkMs);
                break;
        }
    }

    private async Task Work(HttpContext http, JsonElement asked, int task, int step, int ms)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(ms), TimeProvider.System, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (http.RequestAborted.IsCancellationRequested) return;
        Effect(http, task, step);
        var read = step == 0 ? default : Handed(asked, FaultPlan.Agents[step - 1]);
        var good = step == 0 || read.ValueKind is JsonValueKind.Number;
        var value = step switch
        {
            0 => task,
            1 => good ? (read.GetInt32() * 2) + Handed(asked, FaultPlan.World).GetInt32() : -1,
            _ => good ? read.GetInt32() + 1 : -1,
        };
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync($$$"""{"writes":{"{{{FaultPlan.Agents[step]}}}":{{{value}}}}}""", Encoding.UTF8);
    }

    private static JsonElement Handed(JsonElement asked, string key) => asked.GetProperty("context").GetProperty("entries").GetProperty(key).GetProperty("value");

    // The outside honours the key of a call, if there is one.
    private void Effect(HttpContext http, int task, int step)
    {
        if (step != FaultPlan.Agents.Length - 1) return;
        var key = http.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length > 0 && !_seenKeys.TryAdd(key, true)) return;
        Effects.AddOrUpdate(task, 1, (_, before) => before + 1);
    }
}
