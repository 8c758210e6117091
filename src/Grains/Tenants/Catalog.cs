using System.Collections.Concurrent;
using Rosud.Agents;
using Rosud.Networks;

namespace Rosud.Tenants;

/// <summary>
/// Registrations and policies as they are now, for whoever needs many of them at once: they are read from their grains once in each edition and kept
/// in this process. Asking for the edition is one call, however many are needed.
/// </summary>
/// <remarks>A change is acknowledged when its edition is there (<see cref="Changed"/>), so what was acknowledged before a reading is in it. What two silos that lost sight of each other count twice is noticed after <see cref="KeptMax"/>.</remarks>
internal sealed class Catalog(GrainsOf<ICatalogGrain> editions, GrainsOf<IAgentGrain> agents, GrainsOf<INetworkGrain> networks, TimeProvider time)
{
    /// <summary>How long the edition is waited for.</summary>
    public const string Limit = "00:00:02";

    /// <summary>What was read so long ago is read again in any case.</summary>
    public static readonly TimeSpan KeptMax = TimeSpan.FromSeconds(5);

    // A reading that is not answered is another's as well for so long.
    private static readonly TimeSpan SharedMax = TimeSpan.FromSeconds(1);

    private const int EntriesMax = 20_000;
    private readonly ConcurrentDictionary<string, Entry<AgentOutcome>> _agents = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Entry<NetworkOutcome>> _networks = new(StringComparer.Ordinal);

    /// <summary>A network's policy and the agents of these names that are registered.</summary>
    public async Task<CatalogPage> Read(NetworkId network, IReadOnlyCollection<string> names)
    {
        var began = time.GetTimestamp();
        var edition = await editions[network.Tenant.Value].Edition();
        var policy = Known(_networks, network.Key, edition, began, key => networks[key].Describe());
        var views = names.Select(name => Known(_agents, new AgentId(network.Tenant, name).Key, edition, began, key => agents[key].Describe())).ToList();
        var found = new Dictionary<string, AgentView>(names.Count, StringComparer.Ordinal);
        foreach (var view in views)
        {
            if (await view is AgentOutcome.Found { Agent: var agent }) found[agent.Id.Name] = agent;
        }

        return new(await policy is NetworkOutcome.Found { Network.Coordination: var coordination } ? coordination : new(), found);
    }

    /// <summary>A registration or a policy of a tenant has changed, durably. Returns when nobody reads the old one any more.</summary>
    /// <exception cref="UnknownOutcomeException">That cannot be said: the change is repeated.</exception>
    public async Task Changed(TenantId tenant)
    {
        try
        {
            await editions[tenant.Value].Changed();
        }
        catch (Exception fault) when (fault is TimeoutException or OrleansException)
        {
            throw new UnknownOutcomeException("It is stored, but not known everywhere yet. Repeat it.");
        }
    }

    private Task<T> Known<T>(ConcurrentDictionary<string, Entry<T>> entries, string key, Edition edition, long began, Func<string, Task<T>> read)
    {
        if (entries.TryGetValue(key, out var known) && known.Edition == edition && time.GetElapsedTime(known.Began) < (known.Read.IsCompletedSuccessfully ? KeptMax : known.Read.IsCompleted ? TimeSpan.Zero : SharedMax)) return known.Read;
        if (entries.Count >= EntriesMax) entries.Clear();
        var entry = new Entry<T>(edition, began, read(key));
        entries[key] = entry;
        return entry.Read;
    }

    // Under the edition that was asked for before the reading began: a change between the two makes a later one.
    private sealed record Entry<T>(Edition Edition, long Began, Task<T> Read);
}

/// <summary>What a run is checked against.</summary>
internal sealed record CatalogPage(CoordinationPolicy Policy, IReadOnlyDictionary<string, AgentView> Agents);
