using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Rosud.Agents;

/// <summary>Registers the agents whose code runs in this process, again and again until each is.</summary>
internal sealed class AgentsAtStart(IEnumerable<LocalAgent> agents, IGrainFactory grains, TimeProvider time, ILogger<AgentsAtStart> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private volatile string? _missing = "not registered yet";

    /// <summary>Why not every agent is registered; null when all are.</summary>
    public string? Missing => _missing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (agents.FirstOrDefault(agent => agent.Spec is null) is { } bare)
        {
            throw new InvalidOperationException($"Agent {bare.Id.Name} runs in a silo and needs a contract: AddRosudAgent(\"{bare.Id.Name}\", new AgentSpec {{ … }}, handler).");
        }

        await Task.WhenAll(agents.Select(agent => Register(agent, stoppingToken)));
        _missing = null;
    }

    private async Task Register(LocalAgent agent, CancellationToken stopped)
    {
        while (await Refusal(agent) is { } refusal)
        {
            _missing = $"agent {agent.Id.Name} is not registered";
            log.LogWarning("Agent {Agent} of tenant {Tenant} could not be registered and will be tried again: {Refusal}", agent.Id.Name, agent.Id.Tenant.Value, refusal);
            await Task.Delay(Pause, time, stopped);
        }
    }

    private async Task<string?> Refusal(LocalAgent agent)
    {
        try
        {
            var outcome = await grains.GetGrain<IAgentGrain>(agent.Id.Key).Register(agent.Spec! with { Transport = new(TransportKind.InProcess) });
            return outcome is AgentOutcome.Refused refused ? refused.Problem.Detail : null;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return failure.Message;   // Storage or another silo may be away for a moment.
        }
    }
}

/// <summary>Whether work for in-process agents can be accepted.</summary>
internal sealed class LocalAgentsHealth(AgentsAtStart agents) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(agents.Missing is { } missing ? HealthCheckResult.Unhealthy(missing) : HealthCheckResult.Healthy("registered"));
}

/// <summary>Makes a silo register its agents at start.</summary>
internal static class LocalAgentsRegistration
{
    /// <summary>Call after the silo was added: hosted services start in order, and the agents' grains live in the silo.</summary>
    public static void AddLocalAgentRegistration(this IServiceCollection services) =>
        services.AddSingleton<AgentsAtStart>().AddHostedService(provider => provider.GetRequiredService<AgentsAtStart>());
}
