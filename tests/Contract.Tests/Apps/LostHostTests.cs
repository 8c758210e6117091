using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Apps;

/// <summary>Apps and workers that go on when their only host is killed with SIGKILL and started again.</summary>
public sealed class LostHostTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("rosud-lost-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Commits_go_on_and_a_watch_has_each_once_and_in_order()
    {
        const int Commits = 300;
        await using var killed = await Host(HostPorts.Free());
        await using var app = await ClientApp.Start(killed);
        var channel = await app.Rosud.Channels.Create();
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var watching = Watch(channel, Commits);
        var acknowledged = new ConcurrentDictionary<long, int>();

        var writing = Write(channel, Commits, acknowledged, enough);
        await enough.Task.WaitAsync(Long);
        await killed.Kill();
        await using var host = await Host(killed.Ports);
        await writing.WaitAsync(Long);
        var seen = await watching.WaitAsync(Long);

        Assert.Equal(Commits, acknowledged.Count);
        Assert.Equal(Enumerable.Range(1, Commits).Select(version => (long)version), seen.Select(commit => commit.Version));
        Assert.All(seen, commit => Assert.Equal(acknowledged[commit.Version], commit.Number));
    }

    [Fact]
    public async Task An_attempt_at_work_in_a_worker_outlives_the_host_that_handed_it_out()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var killed = await Host(HostPorts.Free());
        await using var app = await ClientApp.Start(killed, worker => worker
            .AddRosudAgent("first", (_, _) => Task.FromResult(RosudClientTests.Writes(("one", 1))), new() { Writes = ["one"] })
            .AddRosudAgent(
                "second",
                async (_, stopped) =>
                {
                    started.SetResult();   // Fails when it is called a second time.
                    await back.Task.WaitAsync(stopped);
                    return RosudClientTests.Writes(("two", 2));
                },
                new() { Writes = ["two"] })
            .AddRosudAgent("third", (_, _) => Task.FromResult(RosudClientTests.Writes(("three", 3))), new() { Reads = ["one", "two"], Writes = ["three"] }));
        await app.Ready;
        var channel = await app.Rosud.Channels.Create(agents: ["first", "second", "third"]);

        var task = new CoordinationTask
        {
            Goal = "g",
            Outputs = ["three"],
            Steps =
            [
                new() { Id = "a", Agent = "first", Writes = ["one"] },
                new() { Id = "b", Agent = "second", Writes = ["two"], After = ["a"] },
                new() { Id = "c", Agent = "third", Reads = ["one", "two"], Writes = ["three"] },
            ],
        };

        var running = channel.Coordinate(task, Long);
        await started.Task.WaitAsync(Long);
        await killed.Kill();
        await using var host = await Host(killed.Ports);
        back.SetResult();
        var result = await running;

        Assert.True(result.Status == RunStatus.Completed, string.Join("\n", result.Timeline.Select(told => $"{told.At:mm:ss.fff} {told.Kind} {told.Step} {told.Attempt} {told.Detail}")));
        Assert.Equal(3, result.Attempts.Length);   // Nothing was done again.
    }

    [Fact]
    public async Task Whoever_waits_for_a_run_of_a_cluster_that_stays_away_is_told_that_its_end_is_unknown()
    {
        await using var killed = await Host(HostPorts.Free());
        await using var app = await ClientApp.Start(killed);
        await using var waiter = await ClientApp.Start(killed, worker => worker.Services.Configure<RosudClientOptions>(options => (options.CallTimeout, options.ResponseTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1))));
        await app.Rosud.Agents.Register("nobody", new() { Writes = ["out"] });
        var channel = await app.Rosud.Channels.Create(agents: ["nobody"]);
        var run = await channel.Submit(new() { Task = "wait", Timeout = TimeSpan.FromMinutes(5) });
        await killed.Kill();

        var unknown = await Assert.ThrowsAsync<UnknownOutcomeException>(() => waiter.Rosud.Runs.Open(run.Id).Result(longest: TimeSpan.Zero));

        Assert.Contains(run.Id, unknown.Message, StringComparison.Ordinal);
    }

    private Task<HostProcess> Host(HostPorts ports) => HostProcess.Start(ports, _folder, $"--Orleans:ClusterId={Path.GetFileName(_folder).ToLowerInvariant()}");

    private static async Task Write(IChannel channel, int commits, ConcurrentDictionary<long, int> acknowledged, TaskCompletionSource enough)
    {
        for (var number = 0; number < commits; number++)
        {
            var applied = Assert.IsType<PatchOutcome.Applied>(await channel.Commit([ContextWrite.Set("n", number)]));
            Assert.True(acknowledged.TryAdd(applied.Version.Number, number));
            if (number == commits / 3) enough.SetResult();
        }
    }

    private static async Task<List<(long Version, int Number)>> Watch(IChannel channel, int commits)
    {
        var seen = new List<(long, int)>();
        await foreach (var item in channel.Watch(ContextVersion.None))
        {
            if (item is FeedItem.Gap { Reason: not FeedReasons.Notices } gap) Assert.Fail($"A gap after {gap.After}: {gap.Reason}.");
            if (item is not FeedItem.Commit { Change: var change }) continue;
            seen.Add((change.Version.Number, change.Writes.Single().Value!.As<int>()));
            if (seen.Count == commits) break;
        }

        return seen;
    }
}
