using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Rosud.Hosting;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>Registers the agents whose code runs in this process, again and again until each is. The start waits for it, but not for ever.</summary>
internal sealed class AgentsAtStart(
    IEnumerable<LocalAgent> agents, IGrainFactory grains, TimeProvider time, IOptions<HostingOptions> options, ILogger<AgentsAtStart> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private volatile string? _missing = "not registered yet";

    /// <summary>Why not every agent is registered; null when all are.</summary>
    public string? Missing => _missing;

    /// <summary>Returns when every agent is registered. When that takes longer than <see cref="HostingOptions.AgentsTimeout"/> it returns too and registering goes on.</summary>
    /// <exception cref="StartupRefusedException">An agent cannot be registered as it is: it has no contract, one that is wrong, or a second handler.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (agents.FirstOrDefault(agent => agent.Spec is null) is { } bare)
        {
            throw new StartupRefusedException($"Agent {bare.Id.Name} runs in a silo and needs a contract: AddRosudAgent(\"{bare.Id.Name}\", new AgentSpec {{ … }}, handler).");
        }

        if (agents.GroupBy(agent => agent.Id).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new StartupRefusedException($"Agent {twice.Key.Name} was added twice: in one process an agent has one handler.");
        }

        await base.StartAsync(cancellationToken);
        try
        {
            await ExecuteTask!.WaitAsync(options.Value.AgentsTimeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            log.LogError("The host starts without all of its agents, for {Missing} after {Timeout}; registering goes on, and until then the host is not ready.", _missing, options.Value.AgentsTimeout);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
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
            return await grains.GetGrain<IAgentGrain>(agent.Id.Key).Register(agent.Spec! with { Transport = new(TransportKind.InProcess) }) switch
            {
                AgentOutcome.Refused { Problem: { Kind: ProblemKind.InvalidRequest } wrong } => throw new StartupRefusedException($"Agent {agent.Id.Name}: {new RefusedException(wrong).Message}"),
                AgentOutcome.Refused refused => refused.Problem.Detail,
                _ => null,
            };
        }
        catch (Exception failure) when (failure is not (OutOfMemoryException or StartupRefusedException))
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
    /// <summary>Call after the silo was added: hosted services start in order, the agents' grains live in the silo, and HTTP, which comes last, is served when they are there.</summary>
    public static void AddLocalAgentRegistration(this IServiceCollection services) =>
        services.AddSingleton<AgentsAtStart>().AddHostedService(provider => provider.GetRequiredService<AgentsAtStart>());
}
