using Rosud.Cluster;
using Rosud.Context;
using Rosud.Tenants;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

/// <summary>A key stands for one task, whatever the task's id.</summary>
public sealed class RunKeyTests
{
    [Fact]
    public async Task R8_Another_task_under_a_known_key_is_refused_also_when_it_has_an_id_of_its_own()
    {
        await using var cluster = await RosudCluster.Start(2, Agent());
        var channel = await Prepared(cluster, "keys", "a");
        var request = Keyed("k1", "t1", "one");

        var accepted = await Task.WhenAll(channel.Coordinate(request, null), channel.Coordinate(request, null));
        var other = await channel.Coordinate(Keyed("k1", "t2", "two"), null);
        await cluster.Silos.KillSiloAsync(await cluster.SiloOf(channel));
        var again = await channel.Coordinate(request with { Timeout = TimeSpan.FromSeconds(5) }, null);
        var late = await channel.Coordinate(Keyed("k1", null, "three"), null);

        var run = Assert.Single(accepted.Cast<CoordinateOutcome.Accepted>(), answer => !answer.Joined).Run;
        Assert.Equal(new CoordinateOutcome.Accepted(run, true) { IsReplay = true }, again);
        Assert.All(new[] { other, late }, outcome => Assert.Equal(ProblemKind.IdempotencyMismatch, Assert.IsType<CoordinateOutcome.Refused>(outcome).Problem.Kind));
        Assert.Equal(run, Assert.Single(await channel.Runs(null, 10, null)).Run);
    }

    [Fact]
    public async Task R8_A_key_that_has_joined_a_run_stands_for_its_task_too()
    {
        await using var cluster = await RosudCluster.Start(1, Agent());
        var channel = await Prepared(cluster, "joined", "a");
        var run = await RosudCluster.Accept(channel, Keyed(null, "t1", "one"));

        var joined = await channel.Coordinate(Keyed("k1", "t1", "one"), null);
        var other = await channel.Coordinate(Keyed("k1", "t2", "two"), null);
        var mismatch = await channel.Coordinate(Keyed("k2", "t1", "two"), null);
        var unspent = await channel.Coordinate(Keyed("k2", "t3", "three"), null);

        Assert.Equal(new CoordinateOutcome.Accepted(run, true), joined);
        Assert.All(new[] { other, mismatch }, outcome => Assert.Equal(ProblemKind.IdempotencyMismatch, Assert.IsType<CoordinateOutcome.Refused>(outcome).Problem.Kind));
        Assert.False(Assert.IsType<CoordinateOutcome.Accepted>(unspent).Joined);
    }

    private static Agents.LocalAgent Agent() => RosudCluster.Agent("a", ["in"], ["out"], (_, _) => Task.FromResult(Write("out", "x")));

    private static CoordinateRequest Keyed(string? key, string? task, string body)
    {
        var request = Request("out", Step("s", "a", "in", "out"));
        var hash = ContentHash.Of(System.Text.Encoding.UTF8.GetBytes(body));
        return request with { Task = request.Task with { Id = task }, TaskHash = hash, Operation = key is null ? null : new(key, hash) };
    }
}
