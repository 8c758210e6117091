using System.Runtime.CompilerServices;
using Rosud.Hosting;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Agents;

internal sealed class RemoteAgents(Reach reach) : IAgents
{
    public Task<AgentView> Register(string name, AgentSpec spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return Found(() => Grain(name).Register(spec), cancellationToken);
    }

    public Task<AgentView> Describe(string name, CancellationToken cancellationToken = default) => Found(Grain(name).Describe, cancellationToken);

    public async Task Remove(string name, CancellationToken cancellationToken = default)
    {
        var outcome = await reach.Calls.Repeat(Grain(name).Remove, Refusal, cancellationToken);
        if (Refusal(outcome) is { } problem) throw new RefusedException(problem);
    }

    public async IAsyncEnumerable<AgentView> List([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var names in reach.Pages("agents", cancellationToken))
        {
            var outcomes = await reach.Calls.Repeat(() => Task.WhenAll(names.Select(name => Grain(name).Describe())), cancellationToken);
            foreach (var found in outcomes.OfType<AgentOutcome.Found>()) yield return found.Agent;
        }
    }

    public Task<SupervisorView> Supervisor(string name, string? network = null, CancellationToken cancellationToken = default) =>
        Ask(name, supervisor => supervisor.Describe(network), cancellationToken);

    public Task<SupervisorView> Reset(string name, CancellationToken cancellationToken = default) => Ask(name, supervisor => supervisor.Reset(), cancellationToken);

    public Task<SupervisorView> ForceOpen(string name, CancellationToken cancellationToken = default) => Ask(name, supervisor => supervisor.ForceOpen(), cancellationToken);

    // A supervisor would answer for any name: only a registered agent has one.
    private async Task<SupervisorView> Ask(string name, Func<ISupervisorGrain, Task<SupervisorView>> ask, CancellationToken cancellationToken)
    {
        var agent = await Describe(name, cancellationToken);
        return await reach.Calls.Repeat(() => ask(reach.Cluster.GetGrain<ISupervisorGrain>(agent.Id.Key)), cancellationToken);
    }

    private IAgentGrain Grain(string name) => reach.Cluster.GetGrain<IAgentGrain>(new AgentId(reach.Tenant, Reach.Name(name)).Key);

    private async Task<AgentView> Found(Func<Task<AgentOutcome>> call, CancellationToken cancellationToken) =>
        await reach.Calls.Repeat(call, Refusal, cancellationToken) switch
        {
            AgentOutcome.Found found => found.Agent,
            AgentOutcome.Refused refused => throw new RefusedException(refused.Problem),
            var other => throw new InvalidOperationException($"The agent answered with {other.GetType().Name}, which this client does not know: update it."),
        };

    private static Problem? Refusal(AgentOutcome outcome) => (outcome as AgentOutcome.Refused)?.Problem;
}
