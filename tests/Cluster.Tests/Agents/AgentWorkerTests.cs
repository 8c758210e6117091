using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Rosud.Hosting;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Agents;

public sealed class AgentWorkerTests : IDisposable
{
    private static readonly Problem Full = new(ProblemKind.Overloaded, "Try again.");

    private readonly WaitedClock _time = new();
    private readonly GatewayLosses _losses = new();
    private readonly Queue<Problem> _refusals = [];

    public void Dispose() => _losses.Dispose();

    [Fact]
    public async Task The_start_ends_when_the_agents_are_registered()
    {
        _refusals.Enqueue(Full);
        using var worker = Worker(TimeSpan.FromMinutes(1), Planner);

        var starting = worker.StartAsync(default);
        await _time.Paused;
        Assert.False(starting.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(1));
        await starting;
        Assert.Null(worker.Missing);
    }

    [Fact]
    public async Task The_start_does_not_wait_longer_than_it_may_and_registering_goes_on()
    {
        _refusals.Enqueue(Full);
        using var worker = Worker(TimeSpan.FromSeconds(0.5), Planner);

        var starting = worker.StartAsync(default);
        await _time.Paused;
        _time.Advance(TimeSpan.FromSeconds(0.5));
        await starting;
        Assert.StartsWith("planner: ", worker.Missing, StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromSeconds(0.5));
        await worker.Ready;
        Assert.Null(worker.Missing);
    }

    [Fact]
    public async Task The_start_does_not_wait_for_what_only_a_change_of_the_contract_can_bring()
    {
        _refusals.Enqueue(new(ProblemKind.InvalidRequest, "The agent cannot be registered like this."));
        using var worker = Worker(TimeSpan.FromMinutes(1), Planner);

        await worker.StartAsync(default);

        Assert.Contains("like this", worker.Missing, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_start_does_not_wait_for_an_agent_that_somebody_else_registers()
    {
        _refusals.Enqueue(new(ProblemKind.NotFound, "Nobody has registered it."));
        using var worker = Worker(TimeSpan.FromMinutes(1), Planner with { Spec = null });

        await worker.StartAsync(default);

        Assert.StartsWith("planner: ", worker.Missing, StringComparison.Ordinal);
    }

    private static LocalAgent Planner { get; } = new(new(TenantId.Default, "planner"), new(), (_, _) => Task.FromResult(new Completion()));

    private AgentWorker Worker(TimeSpan timeout, LocalAgent agent)
    {
        var options = Options.Create(new RosudClientOptions { ConnectTimeout = timeout });
        var cluster = Proxy.Of<IClusterClient>((method, _) => method.GetGenericArguments()[0] == typeof(IAgentGrain)
            ? Proxy.Of<IAgentGrain>(_ => Task.FromResult(Register(agent)))
            : Proxy.Of<ISupervisorGrain>(_ => new TaskCompletionSource<TakeOutcome>().Task));
        return new([agent], cluster, new(options, _time, NullLogger<ClusterCalls>.Instance), _losses, _time, options, Options.Create(new HostOptions()), NullLogger<AgentWorker>.Instance);
    }

    private AgentOutcome Register(LocalAgent agent) => _refusals.TryDequeue(out var refusal)
        ? new AgentOutcome.Refused(refusal)
        : new AgentOutcome.Found(new(agent.Id, (agent.Spec ?? new()) with { Transport = new(TransportKind.Pull) }, 1, default), Made: true);
}
