namespace Rosud.Agents;

/// <summary>Registers the agents whose code is in this silo, before it takes work.</summary>
internal sealed class LocalAgents(IEnumerable<LocalAgent> agents, IGrainFactory grains) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(LocalAgents), ServiceLifecycleStage.Active, Register);

    private Task Register(CancellationToken cancellationToken) => Task.WhenAll(agents.Select(agent => Register(agent).WaitAsync(cancellationToken)));

    private async Task Register(LocalAgent agent)
    {
        var spec = agent.Spec with { Transport = new(TransportKind.InProcess) };
        if (await grains.GetGrain<IAgentGrain>(agent.Id.Key).Register(spec) is AgentOutcome.Refused { Problem: var problem })
        {
            var faults = string.Join(" ", problem.Errors.Select(error => $"{error.Pointer}: {error.Message}"));
            throw new InvalidOperationException($"The in-process agent '{agent.Id.Name}' cannot be registered. {problem.Detail} {faults}");
        }
    }
}
