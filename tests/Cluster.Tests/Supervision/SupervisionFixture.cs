using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans.Core.Internal;
using Orleans.TestingHost;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Journal;
using Rosud.Networks;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Supervision;

/// <summary>One silo with real supervisors and agents, scripted runs, and a clock that only the tests move.</summary>
public sealed class SupervisionFixture : IAsyncLifetime
{
    public SupervisionFixture()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => silo.Services
            .AddSingleton<IJournals, MemoryJournals>()
            .AddSingleton<IRunDoor>(Runs)
            .AddSingleton<IAgentNames, NoNames>()
            .AddSingleton(new SupervisionTime(Time))
            .AddRosudSupervision()
            .AddRosudAgent("writer", new() { MaxConcurrency = 1 }, (work, stopped) => Handler(work, stopped)));
        Cluster = builder.Build();
    }

    public InProcessTestCluster Cluster { get; }

    internal FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    internal ScriptedRuns Runs { get; } = new();

    /// <summary>What the in-process agent <c>writer</c> does.</summary>
    internal AgentHandler Handler { get; set; } = (_, _) => Task.FromResult(new Completion());

    public async Task InitializeAsync()
    {
        await Cluster.DeployAsync();
        await Register("writer", new() { MaxConcurrency = 1, Transport = new(TransportKind.InProcess) });
    }

    public async Task DisposeAsync() => await Cluster.DisposeAsync();

    internal T Grain<T>(AgentId agent)
        where T : IGrainWithStringKey => Cluster.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<T>(agent.Key);

    internal async Task<Supervised> Register(string name, AgentSpec? spec = null, string? run = null)
    {
        var agent = new AgentId(TenantId.Default, name);
        if (spec is not null) Assert.IsType<AgentOutcome.Found>(await Grain<IAgentGrain>(agent).Register(spec));
        return new(this, agent, RunId.Make(new ChannelId(TenantId.Default, "desk"), (run ?? name).Replace("-", "", StringComparison.Ordinal)));
    }

    private sealed class NoNames : IAgentNames
    {
        public Task Add(AgentId agent) => Task.CompletedTask;

        public Task Remove(AgentId agent) => Task.CompletedTask;
    }
}

/// <summary>One agent under supervision, with a run of its own.</summary>
internal sealed record Supervised(SupervisionFixture Fixture, AgentId Agent, RunId Run)
{
    public static readonly TakeRequest OneWithin20Seconds = new(1, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30));

    public ISupervisorGrain Supervisor => Fixture.Grain<ISupervisorGrain>(Agent);

    public ISupervisorDoor Door => Fixture.Grain<ISupervisorDoor>(Agent);

    public ScriptedRuns.Script Script => Fixture.Runs[Run];

    public AssignmentId Attempt(int attempt = 1, string step = "step") => new(Agent, Run, step, attempt);

    public async Task<long> Incarnation() =>
        Assert.IsType<AdmitAnswer.Bounced>(await Door.Admit(Admission(Attempt(), 0))).Incarnation;

    public async Task<AdmitAnswer> Admit(AssignmentId attempt) => await Door.Admit(Admission(attempt, await Incarnation()));

    /// <summary>Admits an attempt and takes it, as a worker would.</summary>
    public async Task<Assignment> AdmitAndTake(AssignmentId attempt)
    {
        Assert.IsType<AdmitAnswer.Queued>(await Admit(attempt));
        return Assert.Single(Assert.IsType<TakeOutcome.Taken>(await Supervisor.Take(OneWithin20Seconds)).Assignments);
    }

    /// <summary>Returns when every turn that the supervisor has begun is over.</summary>
    public Task TurnsEnded() => Supervisor.Describe(null);

    public async Task Deactivate()
    {
        var before = await Incarnation();
        await Supervisor.Cast<IGrainManagementExtension>().DeactivateOnIdle();
        Assert.NotEqual(before, await Incarnation());
    }

    private AdmitRequest Admission(AssignmentId attempt, long incarnation) => new()
    {
        Assignment = attempt,
        Epoch = 1,
        Incarnation = incarnation,
        Goal = "Do it.",
        Input = JsonValue.Null,
        Context = new(new(3), []),
        IdempotencyKey = $"key-{attempt.Step}",
        TimeLeft = TimeSpan.FromMinutes(5),
        Timeout = TimeSpan.FromMinutes(1),
        Priority = RunPriority.Interactive,
        AcceptedAt = Fixture.Time.Start,
        Network = NetworkId.DefaultName,
        BreakerThreshold = 0.3,
        Isolation = IsolationKind.Bulkhead,
        TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };
}
