using System.Collections.Immutable;
using Rosud.Hosting;
using Rosud.Tenants;
using Rosud.Verdicts;

namespace Rosud.Networks;

internal sealed class RemoteNetworks(Reach reach) : INetworks
{
    public async Task<INetwork> Configure(CoordinationPolicy coordination, string name = NetworkId.DefaultName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(coordination);
        var network = new RemoteNetwork(reach, Reach.Name(name));
        await network.Configure(coordination, cancellationToken);
        return network;
    }

    public INetwork Open(string name = NetworkId.DefaultName) => new RemoteNetwork(reach, Reach.Name(name));

    public Task<NetworkMetrics> Metrics(CancellationToken cancellationToken = default) => reach.Calls.Repeat(reach.Cluster.GetGrain<ITenantGrain>(reach.Tenant.Value).Metrics, cancellationToken);
}

internal sealed class RemoteNetwork(Reach reach, string name) : INetwork
{
    private readonly INetworkGrain _grain = reach.Cluster.GetGrain<INetworkGrain>(new NetworkId(reach.Tenant, name).Key);

    public string Name => name;

    public Task<NetworkView> Configure(CoordinationPolicy policy, CancellationToken cancellationToken) => Found(() => _grain.Configure(policy), cancellationToken);

    public Task<NetworkView> Describe(CancellationToken cancellationToken = default) => Found(_grain.Describe, cancellationToken);

    public Task<NetworkMetrics> Metrics(CancellationToken cancellationToken = default) => reach.Calls.Repeat(_grain.Metrics, cancellationToken);

    public async Task<PeriodReport> Report(PeriodQuery period, CancellationToken cancellationToken = default) =>
        await reach.Calls.Repeat(() => _grain.Compare(period), outcome => (outcome as PeriodOutcome.Refused)?.Problem, cancellationToken) switch
        {
            PeriodOutcome.Found found => found.Report,
            PeriodOutcome.Refused refused => throw new RefusedException(refused.Problem),
            var other => throw new InvalidOperationException($"The network answered with {other.GetType().Name}, which this client does not know: update it."),
        };

    public async Task<ImmutableArray<Verdict>> Verdict(CancellationToken cancellationToken = default)
    {
        var network = await Describe(cancellationToken);
        return await reach.Calls.Repeat(() => VerdictReading.Read(reach.Cluster, network), cancellationToken);
    }

    private async Task<NetworkView> Found(Func<Task<NetworkOutcome>> call, CancellationToken cancellationToken) =>
        await reach.Calls.Repeat(call, outcome => (outcome as NetworkOutcome.Refused)?.Problem, cancellationToken) switch
        {
            NetworkOutcome.Found found => found.Network,
            NetworkOutcome.Refused refused => throw new RefusedException(refused.Problem),
            var other => throw new InvalidOperationException($"The network answered with {other.GetType().Name}, which this client does not know: update it."),
        };
}
