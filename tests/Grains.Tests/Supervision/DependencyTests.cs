using CsCheck;
using Rosud.Agents;
using Rosud.Tenants;
using static Rosud.Supervision.SupervisionExamples;

namespace Rosud.Supervision;

public sealed class DependencyTests
{
    private static readonly BreakerOptions Options = new();

    [Fact]
    public void One_agent_that_is_throttled_holds_all_of_them_and_counts_nowhere()
    {
        var dependency = Members(4, running: 3).Throttled(Seconds(7), Start);

        Assert.Equal((BreakerStateKind.Closed, Seconds(7)), (dependency.State(Start).Breaker, dependency.State(Start).HeldFor));
        Assert.Equal(Seconds(2), dependency.State(At(5)).HeldFor);
        Assert.Null(dependency.State(At(7)).HeldFor);
        Assert.Equal(0, dependency.Breaker.View(Start, Options).Calls);
    }

    [Fact]
    public void Its_limit_halves_once_for_each_hold_and_comes_back_one_by_one()
    {
        var dependency = Members(4, running: 4).Throttled(Seconds(7), Start).Throttled(Seconds(7), At(1)).Throttled(Seconds(7), At(2));
        Assert.Equal((8.0, 2), (dependency.Limit, dependency.State(Start).Share));

        for (var call = 0; call < 8; call++) dependency = Record(dependency, 0, CallOutcome.Succeeded, call);
        Assert.InRange(dependency.Limit!.Value, 8.9, 9.1);

        for (var call = 0; call < 600; call++) dependency = Record(dependency, 0, CallOutcome.Succeeded, call);
        Assert.Null(dependency.Limit);
        Assert.Null(dependency.State(Start).Share);
    }

    [Fact]
    public void One_agent_that_fails_alone_does_not_open_it_for_the_others()
    {
        var dependency = Members(3, running: 0);
        for (var call = 0; call < 40; call++) dependency = Record(dependency, 0, CallOutcome.Failed, call);
        Assert.Equal(BreakerStateKind.Closed, dependency.Breaker.State);

        dependency = Record(dependency, 1, CallOutcome.Failed, 41);

        Assert.Equal(BreakerStateKind.Open, dependency.Breaker.State);
        Assert.NotNull(dependency.State(At(41)).RetryAfter);
    }

    [Fact]
    public void Three_probes_in_all_are_let_through_and_their_success_closes_it()
    {
        var dependency = Members(3, running: 0);
        for (var call = 0; call < 10; call++) dependency = Record(dependency, call % 2, CallOutcome.Failed, call);
        var due = dependency.Breaker.RetryAt!.Value;
        for (var probe = 0; probe < 3; probe++)
        {
            (dependency, var wait) = dependency.Probe(Of(probe, 100 + probe), due, Options, 0.5);
            Assert.Null(wait);
        }

        Assert.NotNull(dependency.Probe(Of(0, 200), due, Options, 0.5).RetryAfter);
        for (var probe = 0; probe < 3; probe++) dependency = dependency.Record(Of(probe, 100 + probe), CallOutcome.Succeeded, 0.3, due, Options, 0.5);
        Assert.Equal(BreakerStateKind.Closed, dependency.Breaker.State);
    }

    [Fact]   // Whatever happens: a limit is at least one, at most what was at work; nobody's share is nothing.
    public void Its_limit_stays_between_one_and_what_its_agents_may_do() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 4], Gen.Int[0, 8]).Array[0, 100].Sample(moves =>
        {
            var (dependency, now) = (Dependency.Fresh, Start);
            foreach (var (move, agent, running) in moves)
            {
                now += Seconds(1);
                dependency = dependency.Join(Agent(agent), 8, running, now);
                dependency = move switch
                {
                    0 => dependency.Throttled(Seconds(running), now),
                    1 => dependency.Leave(Agent(agent)),
                    _ => dependency.Record(Of(agent, 1), CallOutcome.Succeeded, 0.3, now, Options, 0.5),
                };
                Assert.True(dependency.Limit is null or >= 1, $"{dependency.Limit}");
                Assert.True(dependency.State(now).Share is null or >= 1);
                Assert.True(dependency.State(now).HeldFor is null || dependency.State(now).HeldFor > TimeSpan.Zero);
            }
        }, iter: 500);

    private static AgentId Agent(int number) => new(TenantId.Default, $"agent{number}");

    private static AssignmentId Of(int agent, int run) => Attempt(run) with { Agent = Agent(agent) };

    private static Dependency Members(int count, int running)
    {
        var dependency = Dependency.Fresh;
        for (var agent = 0; agent < count; agent++) dependency = dependency.Join(Agent(agent), 8, running, Start);
        return dependency;
    }

    private static Dependency Record(Dependency dependency, int agent, CallOutcome call, int second) =>
        dependency.Record(Of(agent, second), call, 0.3, At(second / 10.0), Options, 0.5);
}
