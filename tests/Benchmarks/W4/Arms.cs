using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Runs;
using Rosud.Supervision;
using Rosud.Tenants;
using Rosud.Workloads;

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
        var context = new Dictionary<string, object>();
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

/// <summary>The same services as webhook agents of a durable host: each step asks for a capability that two instances have, and says what type its value has.</summary>
internal sealed class RosudArm : IArm
{
    private readonly LocalHost _host;
    private readonly RunCaller[] _callers;

    private RosudArm(LocalHost host, RunCaller[] callers)
    {
        _host = host;
        _callers = callers;
    }

    public ISupervisorGrain Supervisor(string agent, int instance) => _host.Cluster.GetGrain<ISupervisorGrain>(new AgentId(TenantId.Default, NameOf(agent, instance)).Key);

    public static async Task<RosudArm> Start(Bench bench, FaultyAgents agents, string name, int lanes)
    {
        var host = await LocalHost.Start(HostSettings.New(name).OnSqlite(bench.NewFolder(name)));
        foreach (var agent in FaultPlan.Agents)
        {
            for (var instance = 0; instance < 2; instance++)
            {
                var spec = new AgentSpec
                {
                    Reads = ["*"],
                    Writes = [new(agent)],
                    Capability = agent,
                    Transport = new(TransportKind.Webhook, new($"{agents.Url}/{agent}/{instance}")),
                    MaxConcurrency = 32,
                    Timeout = FaultWorkload.StepTimeout,
                };
                var outcome = await host.Cluster.GetGrain<IAgentGrain>(new AgentId(TenantId.Default, NameOf(agent, instance)).Key).Register(spec);
                if (outcome is not AgentOutcome.Found) throw new InvalidOperationException($"An agent was not registered: {outcome}");
            }
        }

        var names = FaultPlan.Agents.SelectMany(agent => new[] { NameOf(agent, 0), NameOf(agent, 1) }).ToArray();
        var callers = new RunCaller[lanes];
        for (var lane = 0; lane < lanes; lane++) callers[lane] = await RunCaller.Open(host.Cluster, $"{name}-{lane}", names);
        return new(host, callers);
    }

    public async Task<Seen> Do(int lane, int task)
    {
        var began = Stopwatch.GetTimestamp();
        var result = await _callers[lane].Run(TaskOf(task), FaultWorkload.Deadline);
        return new(task, result.Status == RunStatus.Completed ? result.Outputs.Single().Value.ToString() : null, Stopwatch.GetElapsedTime(began));
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private static string NameOf(string agent, int instance) => instance == 0 ? $"{agent}-a" : $"{agent}-b";

    private static CoordinationTask TaskOf(int task) => new()
    {
        Goal = FaultPlan.GoalOf(task),
        Outputs = [new(FaultPlan.Agents[^1])],
        Steps = [.. FaultPlan.Agents.Select((agent, i) => new TaskStep
        {
            Id = agent,
            Capability = agent,
            Reads = i == 0 ? [] : [new(new(FaultPlan.Agents[i - 1]))],
            Writes = [new(agent)],
            Acceptance = [new() { Schema = JsonValue.Parse("""{"type":"integer"}""") }],
        })],
    };
}
