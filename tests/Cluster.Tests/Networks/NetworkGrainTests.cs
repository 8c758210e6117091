using Rosud.Cluster;
using Rosud.Tenants;

namespace Rosud.Networks;

public sealed class NetworkGrainTests
{
    [Fact]
    public async Task A_policy_is_there_for_the_next_silo_and_equal_ones_make_no_revision()
    {
        await using var cluster = await RosudCluster.Start(2);
        var network = cluster.Grains.GetGrain<INetworkGrain>("default/fast");
        Assert.IsType<NetworkOutcome.Refused>(await network.Describe());

        Assert.Equal(1, Revision(await network.Configure(new())));   // Also the default policy makes a network.
        Assert.Equal(2, Revision(await network.Configure(new() { RetryBudget = 1 })));
        Assert.Equal(2, Revision(await network.Configure(new() { RetryBudget = 1 })));
        await cluster.Silos.KillSiloAsync(await cluster.SiloOf(network));

        var found = Assert.IsType<NetworkOutcome.Found>(await network.Describe()).Network;
        Assert.Equal((2, 1), (found.Revision, found.Coordination.RetryBudget));
    }

    [Fact]
    public async Task Everything_wrong_with_a_policy_is_said_at_once()
    {
        await using var cluster = await RosudCluster.Start(1);

        var outcome = await cluster.Grains.GetGrain<INetworkGrain>("default/bad").Configure(new() { RetryBudget = 101, CircuitBreakerThreshold = 0, Metrics = ["speed"] });

        var problem = Assert.IsType<NetworkOutcome.Refused>(outcome).Problem;
        Assert.Equal(ProblemKind.InvalidRequest, problem.Kind);
        Assert.Equal(["/coordination/circuit_breaker_threshold", "/coordination/metrics/0", "/coordination/retry_budget"], problem.Errors.Select(error => error.Pointer).Order());
    }

    private static long Revision(NetworkOutcome outcome) => Assert.IsType<NetworkOutcome.Found>(outcome).Network.Revision;
}
