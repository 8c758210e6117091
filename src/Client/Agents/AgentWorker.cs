using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rosud.Hosting;

namespace Rosud.Agents;

/// <summary>Takes assignments for the agents whose code runs in this process, which is no silo.</summary>
internal sealed class AgentWorker(
    IEnumerable<LocalAgent> agents, IClusterClient cluster, ClusterCalls calls, GatewayLosses losses, TimeProvider time, IOptions<RosudClientOptions> options, IOptions<HostOptions> host, ILogger<AgentWorker> log) : BackgroundService
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, string> _missing = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _cut = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<AgentId, bool> _awaited = new();
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when every agent has begun to take.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Why some agent cannot take; null when all can.</summary>
    public string? Missing => _missing.IsEmpty ? null : string.Join(" ", _missing.OrderBy(agent => agent.Key).Select(agent => $"{agent.Key}: {agent.Value}"));

    /// <summary>
    /// Returns when the agents that this process registers are registered, so that what starts after it can coordinate them. Does not wait for one that is refused or that somebody else
    /// registers, nor longer than <see cref="RosudClientOptions.ConnectTimeout"/>: it goes on trying after the start.
    /// </summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (agents.GroupBy(agent => agent.Id).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new InvalidOperationException($"Agent {twice.Key.Name} was added twice: in one process an agent has one handler.");
        }

        foreach (var agent in agents) _missing[agent.Id.Name] = "not registered yet";
        foreach (var agent in agents.Where(agent => agent.Spec is not null)) _awaited[agent.Id] = true;
        if (_awaited.IsEmpty) _answered.TrySetResult();
        await base.StartAsync(cancellationToken);
        try
        {
            await _answered.Task.WaitAsync(options.Value.ConnectTimeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            log.LogError("The app starts although its agents are not all registered after {Timeout}: {Missing}. Until they are, tasks for them are refused.", options.Value.ConnectTimeout, Missing);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(agents.Select(agent => Run(agent, stoppingToken)));

    /// <summary>Stops taking and lets what is at work end. What is still at work a moment before the host's patience ends is told to stop, and given back.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        var patience = host.Value.ShutdownTimeout;
        var words = patience / 2 < LastWords ? patience / 2 : LastWords;   // Time to say so, else the work waits for the lease's end.
        await using var soon = time.CreateTimer(_ => _cut.Cancel(), null, patience == Timeout.InfiniteTimeSpan ? patience : patience - words, Timeout.InfiniteTimeSpan);
        await using var late = cancellationToken.Register(_cut.Cancel);
        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        base.Dispose();
        _cut.Dispose();
    }

    private Task Run(LocalAgent agent, CancellationToken stoppingToken)
    {
        var loop = new TakeLoop(agent, new(cluster, calls, losses, time, options.Value.Lease, log), (why, staysSo) =>
        {
            Say(agent, why);
            if (staysSo && _awaited.TryRemove(agent.Id, out _) && _awaited.IsEmpty) _answered.TrySetResult();
        });
        return loop.Run(stoppingToken, _cut.Token);
    }

    private void Say(LocalAgent agent, string? why)
    {
        if (why is null ? !_missing.TryRemove(agent.Id.Name, out _) : _missing.TryGetValue(agent.Id.Name, out var said) && said == why) return;
        if (why is null)
        {
            log.LogInformation("Agent {Agent} takes assignments.", agent.Id.Name);
            if (_missing.IsEmpty) _ready.TrySetResult();
            return;
        }

        _missing[agent.Id.Name] = why;
        log.LogWarning("Agent {Agent} takes no assignments and tries again: {Reason}", agent.Id.Name, why);
    }
}

/// <summary>Whether every agent of this process can take assignments.</summary>
internal sealed class AgentWorkerHealth(AgentWorker worker) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(worker.Missing is { } missing ? new HealthCheckResult(context.Registration.FailureStatus, missing) : HealthCheckResult.Healthy("taking"));
}
