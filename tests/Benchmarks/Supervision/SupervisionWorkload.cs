using System.Collections.Immutable;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.Supervision;

/// <summary>Supervision under fire: hanging agents, total failure, overload, blocking code, a tenant's storm.</summary>
internal sealed class SupervisionWorkload : Workload
{
    public override string Name => "supervision";

    public override string About => "what one agent's, caller's or tenant's trouble costs the others";

    protected override async Task Measure(Bench bench)
    {
        await bench.Attempt("one of 20 agents hangs", () => new HangingAgent(bench).Measure());
        await bench.Attempt("every call fails", () => new TotalFailure(bench).Measure());
        await bench.Attempt("half of a capability's group fails", () => new BrokenGroup(bench).Measure());
        await bench.Attempt("admission in one silo", () => new Admissions(bench).Measure());
        await bench.Attempt("an agent is offered five times what it can do", () => new AgentOverload(bench).Measure());
        await bench.Attempt("a host is offered five times what it takes", () => new EdgeOverload(bench).Measure());
        await bench.Attempt("40 handlers block", () => new BlockingHandlers(bench).Measure());
        await bench.Attempt("one tenant's storm", () => new TenantStorm(bench).Measure());
        await bench.Attempt("healthy hours, simulated", () => HealthyHours(bench));
    }

    protected override ImmutableArray<Check> Judge(Notebook notes) =>
    [
        notes.Check("1 of 20 hangs: others' p99", Goal.AtMost(1.2)),
        notes.Check("1 of 20 hangs: others' errors", Goal.AtMost(0)),
        notes.Check("1 of 20 hangs: timeouts until its breaker opened", Goal.AtMost(5)),
        notes.Check("1 of 20 hangs: calls per open period", Goal.AtMost(3)),
        notes.Check("all calls fail: attempts per first attempt, beyond 10 and 1 a second", Goal.AtMost(1.2)),
        notes.Check("all calls fail: retries of one task", Goal.AtMost(3)),
        notes.Check("10 of 20 of a group fail: runs completed", Goal.AtLeast(99)),
        notes.Check("admission: p50", Goal.AtMost(25)),
        notes.Check("agent at 5 times its capacity: goodput of peak", Goal.AtLeast(90)),
        notes.Check("agent at 5 times its capacity: refusal p99", Goal.AtMost(20)),
        notes.Check("host at 5 times its capacity: goodput of peak", Goal.AtLeast(90)),
        notes.Check("host at 5 times its capacity: refusal p99", Goal.AtMost(20)),
        notes.Check("host at 5 times its capacity: refusals without Retry-After", Goal.AtMost(0)),
        notes.Check("host at 5 times its capacity: control calls answered", Goal.AtLeast(100)),
        notes.Check("40 blocked handlers: throughput of the others", Goal.AtLeast(50)),
        notes.Check("a tenant's storm: another's p99", Goal.AtMost(1.1)),
        notes.Check("healthy agent at 1 call/s, 8 % errors: trips per hour", Goal.AtMost(1)),
    ];

    private static Task HealthyHours(Bench bench)
    {
        var hours = bench.Choose(1_000, 50);
        var thirty = BreakerHours.Trips(new(), 0.08, hours, bench.Seed);
        var twenty = BreakerHours.Trips(new() { CallsMin = 20, Window = TimeSpan.FromSeconds(20), LastCalls = 1_000 }, 0.08, hours, bench.Seed);
        bench.Notes.Note("healthy agent at 1 call/s, 8 % errors: trips per hour", "1/h", thirty.PerHour);
        bench.Notes.Note("healthy agent at 1 call/s, 8 % errors: hours with a trip", "%", thirty.ShareOfHours * 100);
        bench.Notes.Note("the same with a minimum of 20 calls: hours with a trip", "%", twenty.ShareOfHours * 100);
        return Task.CompletedTask;
    }
}
