using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Rosud.W4;

/// <summary>The naive arm's one process: it calls the services of a task one after another and hands a copy of the context on. One more try when a call fails, and trust in what comes back.</summary>
internal sealed class NaiveService(string agents) : IDisposable
{
    public const string Verb = "naive-service";
    public const string Ready = "The service is ready.";

    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1_000 }) { Timeout = FaultWorkload.StepTimeout };

    /// <summary>Serves until its parent lets go of its standard input, which it also does by dying.</summary>
    public static async Task<int> Run(string url, string agents)
    {
        using var service = new NaiveService(agents);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseSetting("urls", url);
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.MapPost("/tasks/{task:int}", async (int task) => await service.Do(task) is { } value ? Results.Text(value) : Results.StatusCode(502));
        await app.StartAsync();
        await Console.Out.WriteLineAsync(Ready);
        await Console.In.ReadToEndAsync();
        return 0;
    }

    public void Dispose() => _http.Dispose();

    // What the last agent wrote; null when an agent could not be had, which its user is told.
    private async Task<string?> Do(int task)
    {
        var context = new Dictionary<string, object> { [FaultPlan.World] = new { value = 0 } };   // As it is now; what is rewritten later nobody tells.
        try
        {
            var last = "";
            foreach (var agent in FaultPlan.Agents)
            {
                var written = (await Call(agent, task, context)).GetProperty("writes").GetProperty(agent);
                context[agent] = new { value = written };
                last = written.ToString();
            }

            return last;
        }
        catch (Exception fault) when (IsFault(fault))
        {
            return null;
        }
    }

    private async Task<JsonElement> Call(string agent, int task, Dictionary<string, object> context)
    {
        try
        {
            return await Once(agent, task, context);
        }
        catch (Exception fault) when (IsFault(fault))
        {
            return await Once(agent, task, context);
        }
    }

    private async Task<JsonElement> Once(string agent, int task, Dictionary<string, object> context)
    {
        using var answer = await _http.PostAsJsonAsync(string.Create(CultureInfo.InvariantCulture, $"{agents}/{agent}/0"), new { goal = FaultPlan.GoalOf(task), context = new { entries = context } });
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static bool IsFault(Exception fault) => fault is HttpRequestException or OperationCanceledException or JsonException;
}
