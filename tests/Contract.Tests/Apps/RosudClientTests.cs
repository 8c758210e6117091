using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Networks;
using Rosud.Runs;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Apps;

/// <summary>What an app in another process does with a cluster, over the gateway of a real host.</summary>
public sealed class RosudClientTests(RosudHost host) : IClassFixture<RosudHost>
{
    [Fact]
    public async Task The_lines_of_the_contract_work_as_they_are_written()
    {
        await using var app = await ClientApp.Start(host.Process, worker => Team(worker.Services));
        var rosud = app.Rosud;
        var ct = CancellationToken.None;
        var complexTask = new CoordinationTask { Goal = "Plan a trip", Outputs = ["answer"] };
        await app.Ready;

        var channel = await rosud.Channels.Create(
            agents: ["planner", "researcher", "executor"],
            sync: new ContextSync { Mode = SyncMode.RealTime, StalenessThreshold = TimeSpan.FromMilliseconds(500), ConflictResolution = ConflictResolution.LatestWins, Audit = true });
        await channel.Commit([ContextWrite.Set("question", "train or plane?")]);
        var result = await channel.Coordinate(complexTask, timeout: TimeSpan.FromSeconds(20), onStaleContext: OnStaleContext.RetryWithFresh, ct);
        var network = await rosud.Networks.Configure(new CoordinationPolicy { MaxStaleness = TimeSpan.FromMilliseconds(500), RetryBudget = 3, CircuitBreakerThreshold = 0.3 });

        Assert.Equal((RunStatus.Completed, "train"), (result.Status, result.Outputs.Single().Value.As<string>()));
        Assert.Equal(3, (await network.Describe()).Coordination.RetryBudget);
        Assert.Equal(3, result.Agents.Fired);
    }

    [Fact]
    public async Task A_string_is_a_task_and_each_agent_of_the_channel_a_step()
    {
        await using var app = await ClientApp.Start(host.Process, worker => worker.AddRosudAgent("solo", (_, _) => Task.FromResult(Writes(("done", 1))), new() { Writes = ["done"] }));
        await app.Ready;
        var channel = await app.Rosud.Channels.Create(agents: ["solo"]);

        var result = await channel.Coordinate("Do it");

        Assert.Equal((RunStatus.Completed, "Do it"), (result.Status, result.Goal));
        Assert.Equal(1, (await channel.Read(["done"])).Value<int>("done"));
    }

    [Fact]
    public async Task A_refusal_says_every_fault_and_its_member()
    {
        await using var app = await ClientApp.Start(host.Process);
        var channel = await app.Rosud.Channels.Create();

        var task = new CoordinationTask { Goal = "g", Outputs = ["x"], Steps = [new() { Id = "s", Agent = "nobody", Reads = ["no such key!"], Writes = ["x"] }] };
        var refused = await Assert.ThrowsAsync<RefusedException>(() => channel.Coordinate(task));

        Assert.Equal(ProblemKind.ContractRejected, refused.Problem.Kind);
        Assert.Contains(refused.Problem.Errors, error => error.Pointer == "/task/steps/0/agent");
        Assert.Contains(refused.Problem.Errors, error => error.Pointer == "/task/steps/0/reads/0");
        Assert.Contains("/task/steps/0/agent", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_and_numbers_that_cannot_be_are_refused_before_the_cluster_is_asked()
    {
        await using var app = await ClientApp.Start(host.Process);
        var channel = app.Rosud.Channels.Open("c");

        Assert.Equal("id", Assert.Throws<ArgumentException>(() => app.Rosud.Channels.Open("../other")).ParamName);
        Assert.Equal("id", Assert.Throws<ArgumentException>(() => app.Rosud.Runs.Open("x")).ParamName);
        Assert.Equal("tenant", Assert.Throws<ArgumentException>(() => app.Rosud.ForTenant(new("A/b"))).ParamName);
        Assert.Equal("writer", (await Assert.ThrowsAsync<ArgumentException>(() => channel.Commit([ContextWrite.Set("k", 1)], writer: "Not a name"))).ParamName);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => channel.Changes(new(0), 501));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => channel.Coordinate("g", TimeSpan.Zero));
        Assert.Throws<ArgumentException>(() => ClientApp.Build(_ => { }, worker => worker.AddRosudAgent("No name", (_, _) => Task.FromResult(new Completion()))));
    }

    [Fact]
    public async Task A_stale_write_is_an_answer_that_names_the_key()
    {
        await using var app = await ClientApp.Start(host.Process);
        var channel = await app.Rosud.Channels.Create();
        await channel.Commit([ContextWrite.Set("price", 100)]);
        var seen = (await channel.Read()).Version;
        await channel.Commit([ContextWrite.Set("price", 999)], writer: "market");

        var late = await channel.Commit([ContextWrite.Set("booking", "yes")], basedOn: seen, reads: ["price"]);

        Assert.Equal("price", Assert.Single(Assert.IsType<PatchOutcome.Stale>(late).Keys).Key.Value);
        Assert.Null((await channel.Read())["booking"]);
        Assert.Equal("market", (await channel.Read())["price"]!.Origin.Writer);
    }

    [Fact]
    public async Task What_was_written_is_compared_blamed_and_where_it_clashed_decided()
    {
        await using var app = await ClientApp.Start(host.Process);
        var channel = await app.Rosud.Channels.Create(sync: new ContextSync { ConflictResolution = ConflictResolution.Manual });
        await channel.Commit([ContextWrite.Set("city", "Lyon"), ContextWrite.Set("price", 100)]);
        await channel.Commit([ContextWrite.Set("price", 120)], basedOn: new(1), writer: "market");
        var lost = Assert.IsType<PatchOutcome.Applied>(await channel.Commit([ContextWrite.Set("price", 90)], basedOn: new(1), writer: "planner"));

        var conflict = Assert.Single(await channel.Conflicts().ToListAsync());
        var decided = await channel.Resolve(conflict.Parked.Number, ConflictChoice.Value, JsonValue.From(95), writer: "person");

        Assert.Equal((PatchEffect.Parked, "planner", 120), (lost.Effect, conflict.Parked.Origin.Writer, conflict.Current!.Value.As<int>()));
        Assert.Equal(new(3), Assert.IsType<PatchOutcome.Applied>(decided).Version);
        Assert.Empty(await channel.Conflicts().ToListAsync());
        Assert.Equal(["person", "market", "client"], (await channel.Blame("price").ToListAsync()).Select(write => write.Origin.Writer));
        var difference = Assert.Single(await channel.Diff(new(1)).ToListAsync());
        Assert.Equal(("price", 100, 95), (difference.Key.Value, difference.Before!.Value.As<int>(), difference.After!.Value.As<int>()));
        Assert.Equal(ProblemKind.NotFound, (await Assert.ThrowsAsync<RefusedException>(() => channel.Resolve(conflict.Parked.Number, ConflictChoice.Parked))).Problem.Kind);
    }

    [Fact]
    public async Task Channels_agents_and_runs_are_listed_described_and_ended()
    {
        await using var app = await ClientApp.Start(host.Process);
        var rosud = app.Rosud.ForTenant(new("lists"));
        var channel = await rosud.Channels.Create(id: "listed");
        var again = await rosud.Channels.Create(id: "listed");
        await rosud.Agents.Register("never", new() { Writes = ["out"] });
        await channel.Configure(agents: ["never"]);

        var run = await channel.Submit(new() { Task = "wait for nobody", Timeout = TimeSpan.FromMinutes(5) });
        var working = await run.Result(longest: TimeSpan.Zero);
        var cancelled = await rosud.Runs.Open(run.Id).Cancel();

        Assert.Equal("listed", again.Id);
        Assert.False(working.HasEnded);
        Assert.Equal((RunStatus.Canceled, RunStatus.Canceled), (cancelled.Status, (await run.Result()).Status));
        Assert.Equal(["listed"], (await rosud.Channels.List().ToListAsync()).Select(view => view.Id.Name));
        Assert.Equal(["never"], (await rosud.Agents.List().ToListAsync()).Select(agent => agent.Id.Name));
        Assert.Equal([run.Id], (await channel.Runs().ToListAsync()).Select(summary => summary.Run.Name));
        Assert.Equal(BreakerStateKind.ForcedOpen, (await rosud.Agents.ForceOpen("never")).Breaker.State);
        Assert.Equal(BreakerStateKind.Closed, (await rosud.Agents.Reset("never")).Breaker.State);
        await rosud.Agents.Remove("never");
        Assert.Equal(ProblemKind.NotFound, (await Assert.ThrowsAsync<RefusedException>(() => rosud.Agents.Supervisor("never"))).Problem.Kind);
        await channel.Delete();
        Assert.Equal(ProblemKind.NotFound, (await Assert.ThrowsAsync<RefusedException>(() => channel.Describe())).Problem.Kind);
    }

    [Fact]
    public async Task The_same_task_id_joins_the_run_also_over_http()
    {
        await using var app = await ClientApp.Start(host.Process);
        await app.Rosud.Agents.Register("idle", new() { Writes = ["idle.out"] });
        var channel = await app.Rosud.Channels.Create(agents: ["idle"]);
        var request = new CoordinateRequest { Task = new CoordinationTask { Id = "t1", Goal = "g", Outputs = ["idle.out"] }, Timeout = TimeSpan.FromMinutes(1) };

        var first = await channel.Submit(request);
        var second = await channel.Submit(request);
        var http = await host.Send("POST", $"/v1/channels/{channel.Id}/coordinate", """{"task":{"id":"t1","goal":"g","outputs":["idle.out"]}}""", ("Prefer", "respond-async"));
        var other = await Assert.ThrowsAsync<RefusedException>(() => channel.Submit(request with { Task = request.Task with { Goal = "another" } }));

        Assert.Equal((first.Id, first.Id), (second.Id, http["run"]));
        Assert.Equal(ProblemKind.IdempotencyMismatch, other.Problem.Kind);
        await first.Cancel();
    }

    [Fact]
    public async Task A_watch_has_every_commit_once_and_in_order_and_ends_with_the_channel()
    {
        await using var app = await ClientApp.Start(host.Process);
        var channel = await app.Rosud.Channels.Create();
        for (var i = 1; i <= 20; i++) await channel.Commit([ContextWrite.Set("n", i)]);

        var seen = new List<long>();
        await foreach (var item in channel.Watch(ContextVersion.None))
        {
            if (item is FeedItem.Gap { Reason: FeedReasons.Deleted }) break;
            if (item is not FeedItem.Commit { Change.Version.Number: var version }) continue;
            seen.Add(version);
            if (version < 20) continue;
            if (version < 30) await channel.Commit([ContextWrite.Set("n", version + 1)]);
            else await channel.Delete();
        }

        Assert.Equal(Enumerable.Range(1, 30).Select(version => (long)version), seen.Take(30));
    }

    [Fact]
    public async Task The_health_checks_say_whether_the_cluster_answers_and_the_agents_take()
    {
        await using var app = await ClientApp.Start(host.Process, worker => worker.AddRosudAgent("unknown-to-all", (_, _) => Task.FromResult(new Completion())));

        var report = await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.Equal(HealthStatus.Healthy, report.Entries["rosud"].Status);
        Assert.Equal(HealthStatus.Unhealthy, report.Entries["rosud-agents"].Status);
        Assert.Contains("unknown-to-all", report.Entries["rosud-agents"].Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Gateways", "nowhere")]
    [InlineData("Tenant", "Not a tenant")]
    [InlineData("CallTimeout", "0:00:00")]
    [InlineData("ResponseTimeout", "1:00:00")]
    public async Task Options_that_cannot_be_stop_the_start_and_are_named(string option, string value)
    {
        var key = option == "Gateways" ? "Gateways:0" : option;
        using var app = ClientApp.Build(_ => { }, args: $"--Rosud:Client:{key}={value}");

        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => app.StartAsync());

        Assert.Contains($"Rosud:Client:{option}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_places_that_say_where_the_silos_are_stop_the_start()
    {
        using var app = ClientApp.Build(options => options.Gateways.Add(host.Process.Gateway), args: ["--Orleans:Clustering:ProviderType=Development"]);

        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => app.StartAsync());

        Assert.Contains("Rosud:Client:Gateways and Orleans:Clustering", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_may_have_a_name()
    {
        using var app = ClientApp.Build(options => options.Gateways.Add($"localhost:{host.Process.Ports.Gateway}"), args: $"--Orleans:ClusterId={host.Process.Cluster}");
        await app.StartAsync();

        Assert.NotNull(await app.Services.GetRequiredService<IRosudClient>().Channels.Create());
        await app.StopAsync();
        using var lost = ClientApp.Build(options => options.Gateways.Add("no-such-host.invalid:30000"));
        Assert.Contains("no-such-host.invalid", (await Assert.ThrowsAsync<InvalidOperationException>(() => lost.StartAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agents_that_nobody_takes_for_or_that_are_there_twice_stop_the_start()
    {
        var alone = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        alone.AddRosudAgent("a", (_, _) => Task.FromResult(new Completion()));
        using var lonely = alone.Build();
        using var twins = ClientApp.Build(options => options.Gateways.Add(host.Process.Gateway), worker => worker
            .AddRosudAgent("a", (_, _) => Task.FromResult(new Completion())).AddRosudAgent("a", (_, _) => Task.FromResult(new Completion())), $"--Orleans:ClusterId={host.Process.Cluster}");

        Assert.Contains("AddRosudClient", (await Assert.ThrowsAsync<InvalidOperationException>(() => lonely.StartAsync())).Message, StringComparison.Ordinal);
        Assert.Contains("Agent a was added twice", (await Assert.ThrowsAsync<InvalidOperationException>(() => twins.StartAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_that_is_not_there_is_one_clear_sentence()
    {
        using var app = ClientApp.Build(options =>
        {
            options.Gateways.Add($"127.0.0.1:{FreePort.Next()}");
            options.ConnectTimeout = TimeSpan.Zero;
        });

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync());

        Assert.StartsWith("No silo answered at 127.0.0.1:", refusal.Message, StringComparison.Ordinal);
    }

    private static void Team(IServiceCollection services) => services
        .AddRosudAgent("planner", new() { Reads = ["question"], Writes = ["plan"] }, (work, _) => Task.FromResult(Writes(("plan", $"look at {work.Assignment.Context.Value<string>("question")}"))))
        .AddRosudAgent("researcher", new() { Reads = ["plan"], Writes = ["facts"] }, (_, _) => Task.FromResult(Writes(("facts", "train"))))
        .AddRosudAgent("executor", new() { Reads = ["facts"], Writes = ["answer"] }, (work, _) => Task.FromResult(Writes(("answer", work.Assignment.Context.Value<string>("facts")!))));

    internal static Completion Writes(params (string Key, object Value)[] writes) => new() { Writes = [.. writes.Select(write => ContextWrite.Set(write.Key, write.Value))] };
}
