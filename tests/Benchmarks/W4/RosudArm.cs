using System.Collections.Concurrent;
using System.Diagnostics;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Runs;
using Rosud.Supervision;
using Rosud.Tenants;
using Rosud.Workloads;

namespace Rosud.W4;

/// <summary>The same services as webhook agents of a durable host: each step asks for a capability that two instances have, and says what type its value has.</summary>
internal sealed class RosudArm : IArm
{
    private static readonly TimeSpan ErrorFor = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan FrozenFor = TimeSpan.FromMilliseconds(600);
    private readonly ConcurrentDictionary<int, int> _laneOf = new();
    private readonly JumpingClock _clock = new();
    private HarmedStore _store = null!;
    private LocalHost _host = null!;
    private RunCaller[] _callers = [];

    public ISupervisorGrain Supervisor(string agent, int instance) => _host.Cluster.GetGrain<ISupervisorGrain>(new AgentId(TenantId.Default, NameOf(agent, instance)).Key);

    public static async Task<RosudArm> Start(Bench bench, FaultyAgents agents, string name, int lanes)
    {
        var arm = new RosudArm();
        var host = arm._host = await LocalHost.Start(HostSettings.New(name).OnSqlite(bench.NewFolder(name)), services =>
        {
            HarmedStore.Wrap(services, store => arm._store = store);
            services.AddSingleton<TimeProvider>(new SteadyTime(arm._clock));
        });
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
        arm._callers = callers;
        agents.Harm = arm.Harm;
        return arm;
    }

    public async Task<Seen> Do(int lane, int task)
    {
        _laneOf[task] = lane;
        await World(lane, 0);
        var began = Stopwatch.GetTimestamp();
        var result = await _callers[lane].Run(TaskOf(task), FaultWorkload.Deadline);
        return new(task, result.Status == RunStatus.Completed ? result.Outputs.Single().Value.ToString() : null, Stopwatch.GetElapsedTime(began));
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private Task Harm(FaultKind kind, int task) => kind switch
    {
        FaultKind.Storm => Storm(_laneOf[task]),
        FaultKind.ClockJump => _clock.Jump(),
        FaultKind.StorageError => _store.Fail(ErrorFor),
        FaultKind.StorageFreeze => _store.Freeze(FrozenFor),
        _ => Task.CompletedTask,
    };

    private async Task Storm(int lane)
    {
        for (var write = 1; write <= FaultPlan.StormsWrites; write++) await World(lane, write);
    }

    private async Task World(int lane, int value)
    {
        var outcome = await _callers[lane].Channel.Commit(new() { Writes = [new(new(FaultPlan.World), JsonValue.From(value))], Origin = new("world") });
        if (outcome is not PatchOutcome.Applied) throw new InvalidOperationException($"The world was not rewritten: {outcome}");
    }

    private static string NameOf(string agent, int instance) => instance == 0 ? $"{agent}-a" : $"{agent}-b";

    private static CoordinationTask TaskOf(int task) => new()
    {
        Goal = FaultPlan.GoalOf(task),
        Outputs = [new(FaultPlan.Agents[^1])],
        Steps = [.. FaultPlan.Agents.Select((agent, i) => new TaskStep
        {
            Id = agent,
            Capability = agent,
            Reads = i == 0 ? [] : i == 1 ? [new(new(FaultPlan.Agents[0])), new(new(FaultPlan.World))] : [new(new(FaultPlan.Agents[i - 1]))],
            Writes = [new(agent)],
            Acceptance = [new() { Schema = JsonValue.Parse("""{"type":"integer"}""") }],
        })],
    };
}
