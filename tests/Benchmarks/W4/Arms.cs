using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace Rosud.W4;

/// <summary>What came of one task, as its user sees it.</summary>
internal sealed record Seen(int Task, string? Value, TimeSpan Took);

/// <summary>Does tasks, one at a time in each lane.</summary>
internal interface IArm : IAsyncDisposable
{
    Task<Seen> Do(int lane, int task);
}

/// <summary>Services that call each other over HTTP and hand a copy of the context on: one more try when a call fails, and trust in what comes back.</summary>
internal sealed class NaiveArm(FaultyAgents agents) : IArm
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1_000 }) { Timeout = FaultWorkload.StepTimeout };

    public async Task<Seen> Do(int lane, int task)
    {
        var began = Stopwatch.GetTimestamp();
        var context = new Dictionary<string, object> { [FaultPlan.World] = new { value = 0 } };   // As it is now; what is rewritten later nobody tells.
        try
        {
            foreach (var agent in FaultPlan.Agents)
            {
                var answer = await Call(agent, task, context);
                context[agent] = new { value = answer.GetProperty("writes").GetProperty(agent) };
                if (agent == FaultPlan.Agents[^1]) return new(task, answer.GetProperty("writes").GetProperty(agent).ToString(), Stopwatch.GetElapsedTime(began));
            }
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException or JsonException)
        {
            // Its user sees an error.
        }

        return new(task, null, Stopwatch.GetElapsedTime(began));
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<JsonElement> Call(string agent, int task, Dictionary<string, object> context)
    {
        try
        {
            return await Once(agent, task, context);
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException or JsonException)
        {
            return await Once(agent, task, context);
        }
    }

    private async Task<JsonElement> Once(string agent, int task, Dictionary<string, object> context)
    {
        using var answer = await _http.PostAsJsonAsync($"{agents.Url}/{agent}/0", new { goal = FaultPlan.GoalOf(task), context = new { entries = context } });
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
