using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Rosud.Agents;

namespace Rosud.Runs;

/// <summary>The incarnation of each supervisor that this silo last heard from; shared by its runs. Grows with the number of agents.</summary>
internal sealed class SupervisorIncarnations : ConcurrentDictionary<AgentId, long>;

/// <summary>Registers what runs need in a silo.</summary>
internal static class RunRegistration
{
    /// <summary>Adds the runs. Needs <c>IJournals</c> and a <see cref="TimeProvider"/>; the latter is the system's when there is none.</summary>
    public static IServiceCollection AddRosudRuns(this IServiceCollection services) => services
        .AddSingleton<SupervisorIncarnations>()
        .AddSingleton<CapabilityGroups>()
        .AddSingleton<AgentUses>()
        .AddSingleton<SiloDeaths>()
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<SiloDeaths>());
}
