using Rosud.Context;
using Rosud.Networks;
using Rosud.Runs;

namespace Rosud.Simulation;

/// <summary>A run as a channel would accept it; nobody drives it.</summary>
internal sealed class SimulatedRun(string task, string run)
{
    public AcceptedRun Accepted { get; } = new()
    {
        Run = RunId.Make(ChannelSimulation.Id, run),
        Task = new() { Id = task, Goal = task },
        TaskHash = ContentHash.Of(System.Text.Encoding.UTF8.GetBytes(task)),
        Steps = [],
        Outputs = [],
        AcceptedAt = DateTimeOffset.UnixEpoch,
        Deadline = DateTimeOffset.MaxValue,
        RetryBudget = 0,
        OnStaleContext = default,
        Execution = default,
        Priority = default,
        Network = NetworkId.DefaultName,
        BreakerThreshold = 0.3,
        Isolation = default,
        RegisteredAgents = 0,
        VersionStart = default,
        StalenessThreshold = null,
        TraceId = "",
    };
}
