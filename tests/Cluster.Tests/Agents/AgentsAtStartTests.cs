using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rosud.Hosting;
using Rosud.Tenants;

namespace Rosud.Agents;

public sealed class AgentsAtStartTests
{
    private readonly WaitedClock _time = new();

    [Fact]
    public async Task The_start_ends_when_the_agents_are_registered_with_the_in_process_transport()
    {
        var directory = new Directory();
        using var agents = Agents(directory, Planner);

        await agents.StartAsync(default);

        var (key, spec) = Assert.Single(directory.Registered);
        Assert.Equal(("default/planner", TransportKind.InProcess, "plans"), (key, spec.Transport.Kind, spec.Description));
        Assert.Null(agents.Missing);
    }

    [Fact]
    public async Task A_refused_agent_keeps_the_host_from_being_ready_and_is_tried_again()
    {
        var directory = new Directory { Refusals = 1 };
        using var agents = Agents(directory, Planner);

        var starting = agents.StartAsync(default);
        await _time.Paused;
        Assert.Contains("planner", agents.Missing, StringComparison.Ordinal);
        Assert.False(starting.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(1));
        await starting;
        Assert.Null(agents.Missing);
        Assert.Single(directory.Registered);
    }

    [Fact]
    public async Task The_start_does_not_wait_longer_than_it_may_and_registering_goes_on()
    {
        var directory = new Directory { Refusals = 2 };
        using var agents = Agents(directory, Planner, timeout: TimeSpan.FromSeconds(0.5));

        var starting = agents.StartAsync(default);
        await _time.Paused;
        _time.Advance(TimeSpan.FromSeconds(0.5));
        await starting;
        Assert.Contains("planner", agents.Missing, StringComparison.Ordinal);

        directory.Refusals = 0;
        _time.Advance(TimeSpan.FromSeconds(0.5));
        await agents.ExecuteTask!;
        Assert.Null(agents.Missing);
    }

    [Fact]
    public async Task A_contract_that_is_wrong_ends_the_start_with_its_faults()
    {
        var directory = new Directory { Refusals = 1, Refusal = new(ProblemKind.InvalidRequest, "The agent cannot be registered like this.") { Errors = [new("/reads/0", "This is no key.")] } };
        using var agents = Agents(directory, Planner);

        var refused = await Assert.ThrowsAsync<StartupRefusedException>(() => agents.StartAsync(default));

        Assert.StartsWith("Agent planner: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("/reads/0", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_without_a_contract_or_with_two_handlers_ends_the_start()
    {
        using var bare = Agents(new(), Planner with { Spec = null });
        using var twice = Agents(new(), Planner, Planner);

        Assert.Contains("needs a contract", (await Assert.ThrowsAsync<StartupRefusedException>(() => bare.StartAsync(default))).Message, StringComparison.Ordinal);
        Assert.Contains("twice", (await Assert.ThrowsAsync<StartupRefusedException>(() => twice.StartAsync(default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_that_is_asked_for_meanwhile_ends_the_start()
    {
        using var agents = Agents(new() { Refusals = 1 }, Planner);
        using var stop = new CancellationTokenSource();

        var starting = agents.StartAsync(stop.Token);
        await _time.Paused;
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
    }

    private static LocalAgent Planner { get; } = new(new(TenantId.Default, "planner"), new() { Description = "plans" }, (_, _) => Task.FromResult(new Completion()));

    private AgentsAtStart Agents(Directory directory, params LocalAgent[] agents) => Agents(directory, TimeSpan.FromSeconds(30), agents);

    private AgentsAtStart Agents(Directory directory, LocalAgent agent, TimeSpan timeout) => Agents(directory, timeout, agent);

    private AgentsAtStart Agents(Directory directory, TimeSpan timeout, params LocalAgent[] agents) =>
        new(agents, directory.Factory(), _time, Options.Create(new HostingOptions { AgentsTimeout = timeout }), NullLogger<AgentsAtStart>.Instance);

    /// <summary>The registrations that agents' grains would keep.</summary>
    private sealed class Directory
    {
        public int Refusals { get; set; }

        public Problem Refusal { get; init; } = new(ProblemKind.Overloaded, "Try again.");

        public List<(string Key, AgentSpec Spec)> Registered { get; } = [];

        public IGrainFactory Factory() =>
            Proxy.Of<IGrainFactory>(key => Proxy.Of<IAgentGrain>(spec => Task.FromResult(Register((string)key[0]!, (AgentSpec)spec[0]!))));

        private AgentOutcome Register(string key, AgentSpec spec)
        {
            if (Refusals-- > 0) return new AgentOutcome.Refused(Refusal);
            Registered.Add((key, spec));
            return new AgentOutcome.Found(new(AgentId.FromKey(key), spec, 1, default), Made: true);
        }
    }
}

/// <summary>An interface of which one method matters.</summary>
public class Proxy : DispatchProxy
{
    private Func<MethodInfo, object?[], object?> _answer = (_, _) => throw new NotSupportedException();

    public static T Of<T>(Func<object?[], object?> answer)
        where T : class => Of<T>((_, arguments) => answer(arguments));

    public static T Of<T>(Func<MethodInfo, object?[], object?> answer)
        where T : class
    {
        var proxy = Create<T, Proxy>();
        ((Proxy)(object)proxy)._answer = answer;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _answer(targetMethod!, args ?? []);
}

/// <summary>A clock that says when somebody begins to pause for a second.</summary>
internal sealed class WaitedClock : FakeTimeProvider
{
    private readonly TaskCompletionSource _paused = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Paused => _paused.Task;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime == TimeSpan.FromSeconds(1)) _paused.TrySetResult();
        return timer;
    }
}
