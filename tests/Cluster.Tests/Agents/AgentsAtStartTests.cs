using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rosud.Tenants;

namespace Rosud.Agents;

public sealed class AgentsAtStartTests
{
    private readonly WaitedClock _time = new();

    [Fact]
    public async Task An_agent_is_registered_with_the_in_process_transport()
    {
        var directory = new Directory();
        using var agents = Agents(directory, "planner");

        await agents.StartAsync(default);
        await agents.ExecuteTask!;

        var (key, spec) = Assert.Single(directory.Registered);
        Assert.Equal(("default/planner", TransportKind.InProcess, "plans"), (key, spec.Transport.Kind, spec.Description));
        Assert.Null(agents.Missing);
    }

    [Fact]
    public async Task A_refused_agent_keeps_the_host_from_being_ready_and_is_tried_again()
    {
        var directory = new Directory { Refusals = 1 };
        using var agents = Agents(directory, "planner");

        await agents.StartAsync(default);
        await _time.Waited;
        Assert.Contains("planner", agents.Missing, StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromSeconds(1));
        await agents.ExecuteTask!;
        Assert.Null(agents.Missing);
        Assert.Single(directory.Registered);
    }

    private AgentsAtStart Agents(Directory directory, string name) => new(
        [new(new(TenantId.Default, name), new() { Description = "plans" }, (_, _) => Task.FromResult(new Completion()))],
        directory.Factory(), _time, NullLogger<AgentsAtStart>.Instance);

    /// <summary>The registrations that agents' grains would keep.</summary>
    private sealed class Directory
    {
        public int Refusals { get; set; }

        public List<(string Key, AgentSpec Spec)> Registered { get; } = [];

        public IGrainFactory Factory() =>
            Proxy.Of<IGrainFactory>(key => Proxy.Of<IAgentGrain>(spec => Task.FromResult(Register((string)key[0]!, (AgentSpec)spec[0]!))));

        private AgentOutcome Register(string key, AgentSpec spec)
        {
            if (Refusals-- > 0) return new AgentOutcome.Refused(new(ProblemKind.Overloaded, "Try again."));
            Registered.Add((key, spec));
            return new AgentOutcome.Found(new(AgentId.FromKey(key), spec, 1, default), Made: true);
        }
    }
}

/// <summary>An interface of which one method matters.</summary>
public class Proxy : DispatchProxy
{
    private Func<object?[], object?> _answer = _ => throw new NotSupportedException();

    public static T Of<T>(Func<object?[], object?> answer)
        where T : class
    {
        var proxy = Create<T, Proxy>();
        ((Proxy)(object)proxy)._answer = answer;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _answer(args ?? []);
}

/// <summary>A clock that says when somebody begins to wait for it.</summary>
internal sealed class WaitedClock : FakeTimeProvider
{
    private readonly TaskCompletionSource _waited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Waited => _waited.Task;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _waited.TrySetResult();
        return timer;
    }
}
