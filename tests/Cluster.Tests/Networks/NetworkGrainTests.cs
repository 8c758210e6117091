using Rosud.Cluster;
using Rosud.Runs;
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

    [Fact]
    public async Task A_tenants_metrics_are_all_its_networks_merged_and_nobody_elses()
    {
        await using var cluster = await RosudCluster.Start(1);
        await cluster.Grains.GetGrain<INetworkGrain>("acme/fast").Configure(new() { RetryBudget = 1 });
        await cluster.Grains.GetGrain<INetworkGrain>("other/fast").Configure(new());
        foreach (var (network, run, ms) in new[] { ("acme/fast", "r1", 100), ("acme/default", "r2", 300), ("other/fast", "r3", 9_000) })
        {
            await cluster.Grains.GetGrain<INetworkGrain>(network).Report(Ended(run, ms));
            await cluster.Grains.GetGrain<INetworkGrain>(network).Report(Ended(run, ms));   // Repeated: counted once.
        }

        var metrics = await cluster.Grains.GetGrain<ITenantGrain>("acme").Metrics();

        Assert.Equal((2L, 200L, 2m), (metrics.Runs, metrics.WorkTokens, metrics.CostUsd));
        Assert.Equal(200, metrics.LatencyMs.Mean!.Value, 6);
        Assert.InRange(metrics.LatencyMs.P99!.Value, 297, 303);
        Assert.Equal(new("planner", 2, 200, 20, 2m), Assert.Single(metrics.ByAgent));
    }

    [Fact]
    public async Task A_host_that_is_lost_between_two_writes_leaves_a_run_in_the_totals_and_in_its_day()
    {
        await using var cluster = await RosudCluster.Start(2);
        var network = cluster.Grains.GetGrain<INetworkGrain>("acme/fast");
        await network.Configure(new());
        cluster.Storage.Close(grain => grain.Type == GrainType.Create("rosud.network-day"));
        await network.Report(Ended("r1", 100));
        await cluster.Storage.Held;   // The totals are durable, the day will never be.

        await cluster.Silos.KillSiloAsync(await cluster.SiloOf(network));

        Assert.Equal(1, (await network.Metrics()).Runs);
        var day = await network.Compare(new(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddHours(1), DateTimeOffset.UnixEpoch.AddHours(2)));
        Assert.Equal(1, Assert.IsType<PeriodOutcome.Found>(day).Report.Before.Runs);
    }

    private static RunResult Ended(string run, double ms) => new()
    {
        Run = RunId.Make(new(new("acme"), "c"), run),
        Network = "fast",
        Status = RunStatus.Completed,
        WallMs = ms,
        WorkTokens = 100,
        CostUsd = 1,
        ByAgent = [new("planner", 1, 100, 10, 1m)],
        AcceptedAt = DateTimeOffset.UnixEpoch,
        EndedAt = DateTimeOffset.UnixEpoch,
    };

    private static long Revision(NetworkOutcome outcome) => Assert.IsType<NetworkOutcome.Found>(outcome).Network.Revision;
}
