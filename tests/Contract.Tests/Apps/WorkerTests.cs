using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Runs;

namespace Rosud.Apps;

/// <summary>Agents in a worker process of .NET: what is done for them.</summary>
public sealed class WorkerTests(RosudHost host) : IClassFixture<RosudHost>
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    public async Task An_attempt_whose_reads_change_is_told_to_stop_and_the_next_sees_the_new_value(int thresholdMs)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var prices = new ConcurrentQueue<int>();
        await using var app = await ClientApp.Start(host.Process, worker => worker.AddRosudAgent(
            "buyer",
            async (work, stopped) =>
            {
                var price = work.Assignment.Context.Value<int>("price");
                prices.Enqueue(price);
                started.TrySetResult();
                if (price == 100) await new TaskCompletionSource().Task.WaitAsync(stopped);   // Ends when it is told.
                return RosudClientTests.Writes(("paid", price));
            },
            new() { Reads = ["price"], Writes = ["paid"] }));
        await app.Ready;
        var channel = await app.Rosud.Channels.Create(agents: ["buyer"], sync: new ContextSync { StalenessThreshold = TimeSpan.FromMilliseconds(thresholdMs) });
        await channel.Commit([ContextWrite.Set("price", 100)]);

        var buying = channel.Coordinate(new CoordinationTask { Goal = "buy", Outputs = ["paid"] }, Long);
        await started.Task.WaitAsync(Long);
        await channel.Commit([ContextWrite.Set("price", 999)]);
        var result = await buying;

        Assert.Equal((RunStatus.Completed, 999), (result.Status, result.Outputs.Single().Value.As<int>()));
        Assert.Equal([100, 999], prices);
        Assert.Equal([AttemptOutcome.Stale, AttemptOutcome.Accepted], result.Attempts.Select(attempt => attempt.Outcome));
    }

    [Fact]
    public async Task Early_keys_start_the_steps_that_read_them_and_progress_is_shown()
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await ClientApp.Start(host.Process, worker => worker
            .AddRosudAgent(
                "early",
                async (work, stopped) =>
                {
                    await work.Publish([ContextWrite.Set("early.scope", "lakes")]);
                    await work.Report(0.5, "half");
                    await seen.Task.WaitAsync(stopped);   // The other works before this one ends.
                    return RosudClientTests.Writes(("early.scope", "lakes"), ("early.rest", 1));
                },
                new() { Writes = ["early.*"] })
            .AddRosudAgent(
                "follower",
                (work, _) =>
                {
                    seen.TrySetResult();
                    return Task.FromResult(RosudClientTests.Writes(("follows", work.Assignment.Context.Value<string>("early.scope")!)));
                },
                new() { Reads = ["early.scope"], Writes = ["follows"] }));
        await app.Ready;
        var channel = await app.Rosud.Channels.Create(agents: ["early", "follower"]);

        var result = await channel.Coordinate(
            new CoordinationTask
            {
                Goal = "g",
                Outputs = ["follows"],
                Steps = [new() { Id = "a", Agent = "early", Writes = ["early.*"] }, new() { Id = "b", Agent = "follower", Reads = ["early.scope"], Writes = ["follows"] }],
            },
            Long);

        Assert.Equal((RunStatus.Completed, "lakes"), (result.Status, result.Outputs.Single().Value.As<string>()));
        Assert.Contains(result.Timeline, told => told.Step == "a" && told.Detail?.Contains("half", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task What_a_handler_throws_is_the_attempts_failure_and_says_whether_to_try_again()
    {
        var tries = 0;
        await using var app = await ClientApp.Start(host.Process, worker => worker
            .AddRosudAgent("flaky", (_, _) => ++tries == 1 ? throw new InvalidOperationException("first time") : Task.FromResult(RosudClientTests.Writes(("flaky.out", tries))), new() { Writes = ["flaky.out"] })
            .AddRosudAgent("hopeless", (_, _) => throw new AgentFailureException("no key for the model", retryable: false), new() { Writes = ["hopeless.out"] })
            .AddRosudAgent("busy", (work, _) => work.Assignment.Id.Attempt == 1 ? throw AgentFailureException.Deferred(TimeSpan.FromMilliseconds(10)) : Task.FromResult(RosudClientTests.Writes(("busy.out", 1))), new() { Writes = ["busy.out"] }));
        await app.Ready;
        var channel = await app.Rosud.Channels.Create(agents: ["flaky", "hopeless", "busy"]);

        var flaky = await channel.Coordinate(new CoordinationTask { Goal = "g", Outputs = ["flaky.out"] }, Long);
        var hopeless = await channel.Coordinate(new CoordinationTask { Goal = "g", Outputs = ["hopeless.out"] }, Long);
        var busy = await channel.Coordinate(new CoordinationTask { Goal = "g", Outputs = ["busy.out"] }, Long);

        Assert.Equal((RunStatus.Completed, 2), (flaky.Status, flaky.Outputs.Single().Value.As<int>()));
        Assert.Contains(flaky.Attempts, attempt => attempt.Reason == "InvalidOperationException: first time");
        Assert.Equal((RunStatus.Failed, 1), (hopeless.Status, hopeless.Attempts.Length));
        Assert.Contains("no key for the model", hopeless.Attempts.Single().Reason, StringComparison.Ordinal);
        Assert.Equal(RunStatus.Completed, busy.Status);
        Assert.Equal(0, busy.RetriesByCause.Values.Sum());
    }

    [Fact]
    public async Task A_worker_that_is_told_to_stop_takes_no_more_and_lets_its_work_end()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = await ClientApp.Start(host.Process, worker => worker.AddRosudAgent(
            "leaver",
            async (_, stopped) =>
            {
                started.TrySetResult();
                await go.Task.WaitAsync(stopped);
                return RosudClientTests.Writes(("left", 1));
            },
            new() { Writes = ["left"] }));
        await using var watcher = await ClientApp.Start(host.Process);
        await first.Ready;
        var channel = await watcher.Rosud.Channels.Create(agents: ["leaver"]);
        var running = channel.Coordinate(new CoordinationTask { Goal = "g", Outputs = ["left"] }, Long);
        await started.Task.WaitAsync(Long);

        var stopping = first.Stop();
        go.SetResult();
        var result = await running;
        await stopping;

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Single(result.Attempts);
        await first.DisposeAsync();
    }

    [Fact]
    public async Task A_handler_that_returns_nothing_at_all_has_failed_and_its_place_is_free()
    {
        var tries = 0;
        await using var app = await ClientApp.Start(host.Process, worker => worker.AddRosudAgent(
            "void", (_, _) => Task.FromResult(++tries == 1 ? null! : RosudClientTests.Writes(("void.out", tries))), new() { Writes = ["void.out"], MaxConcurrency = 1 }));
        await app.Ready;
        var channel = await app.Rosud.Channels.Create(agents: ["void"]);

        var result = await channel.Coordinate(new CoordinationTask { Goal = "g", Outputs = ["void.out"] }, Long);

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Contains("null", result.Attempts.First().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_still_at_work_when_the_app_must_go_is_told_and_given_back_at_once()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var leaving = await ClientApp.Start(host.Process, worker =>
        {
            worker.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(10));
            worker.AddRosudAgent(
                "endless",
                async (_, stopped) =>
                {
                    started.TrySetResult();
                    await new TaskCompletionSource().Task.WaitAsync(stopped);
                    return new();
                },
                new() { Writes = ["end"] });
        });
        await using var other = await ClientApp.Start(host.Process);
        await leaving.Ready;
        var channel = await other.Rosud.Channels.Create(agents: ["endless"]);
        var running = channel.Coordinate(new CoordinationTask { Goal = "g", Outputs = ["end"] }, TimeSpan.FromMinutes(1));
        await started.Task.WaitAsync(Long);

        await leaving.Stop();
        await leaving.DisposeAsync();
        await using var next = await ClientApp.Start(host.Process, worker => worker.AddRosudAgent("endless", (_, _) => Task.FromResult(RosudClientTests.Writes(("end", 1))), new() { Writes = ["end"] }));
        var result = await running;

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal(["The worker stopped.", null], result.Attempts.Select(attempt => attempt.Reason));
    }

    [Fact]
    public async Task An_agent_that_somebody_else_registers_is_worked_for_without_a_contract_here()
    {
        await using var app = await ClientApp.Start(host.Process, worker => worker.AddRosudAgent("elsewhere", (_, _) => Task.FromResult(RosudClientTests.Writes(("elsewhere.out", 1)))));
        await app.Rosud.Agents.Register("elsewhere", new() { Writes = ["elsewhere.out"] });
        await app.Ready;
        var channel = await app.Rosud.Channels.Create(agents: ["elsewhere"]);

        Assert.Equal(RunStatus.Completed, (await channel.Coordinate("g", Long)).Status);
    }
}
