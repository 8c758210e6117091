using Rosud.Agents;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Runs;
using Rosud.Tenants;
using Rosud.Workloads;

namespace Rosud.Supervision;

/// <summary>A host with agents of this process for one measurement, and short ways to use them.</summary>
internal static class SupervisedHost
{
    /// <summary>A host on memory: what is measured here is not storage.</summary>
    public static Task<LocalHost> Start(string name, params LocalAgent[] agents) => Start(name, [], agents);

    public static Task<LocalHost> Start(string name, string[] more, params LocalAgent[] agents)
    {
        var settings = HostSettings.New($"sup-{name}");
        return LocalHost.Start([.. settings.InMemory(), .. more], services =>
        {
            MemoryStore.Add(services);
            foreach (var agent in agents) services.AddRosudAgent(agent.Id.Name, agent.Spec!, agent.Handler);
        });
    }

    public static LocalAgent Agent(string name, AgentHandler handler, int maxConcurrency = 8, int queueLimit = 64, double timeoutSeconds = 0.5, string? capability = null) => new(
        new(TenantId.Default, name),
        new() { Writes = ["out"], MaxConcurrency = maxConcurrency, QueueLimit = queueLimit, Timeout = TimeSpan.FromSeconds(timeoutSeconds), Capability = capability },
        handler);

    /// <summary>Works for a while, as if it called a model.</summary>
    public static AgentHandler Working(double ms) => async (_, stopped) =>
    {
        await Task.Delay(TimeSpan.FromMilliseconds(ms), TimeProvider.System, stopped);
        return Done;
    };

    public static Completion Done { get; } = new() { Writes = [new(new("out"), JsonValue.From(1))] };

    public static CoordinationTask TaskOf(string goal, string agent) => new() { Goal = goal, Outputs = ["out"], Steps = [new() { Id = "s", Agent = agent, Writes = ["out"] }] };

    public static async Task<RunCaller[]> Callers(LocalHost host, string prefix, int count, params string[] agents)
    {
        var callers = new RunCaller[count];
        for (var lane = 0; lane < count; lane++) callers[lane] = await RunCaller.Open(host.Cluster, $"{prefix}-{lane}", agents);
        return callers;
    }

    public static ISupervisorGrain Supervisor(LocalHost host, string agent) => host.Cluster.GetGrain<ISupervisorGrain>(new AgentId(TenantId.Default, agent).Key);

    /// <summary>Until every path has run often enough to be compiled for good.</summary>
    public static Task Warm(Bench bench, RunCaller[] callers, Func<int, CoordinationTask> task) =>
        Measuring.Flight.Run(callers.Length, bench.Seconds(4, 0.5), lane => callers[lane].Run(task(lane), TimeSpan.FromSeconds(10)), bench.Stopped);
}
