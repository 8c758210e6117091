using System.Collections.Immutable;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W5;

/// <summary>W5: what coordination itself costs, with agents that cost nothing.</summary>
internal sealed class OverheadWorkload : Workload
{
    public override string Name => "W5";

    public override string About => "overhead of a run of five agents that do nothing";

    protected override async Task Measure(Bench bench)
    {
        await bench.Attempt("in process, in memory", () => new InProcessRuns(bench, isDurable: false).Measure());
        await bench.Attempt("in process, durable on SQLite FULL", () => new InProcessRuns(bench, isDurable: true).Measure());
        await bench.Attempt("what metrics cost", () => new MetricsCost(bench).Measure());
        await bench.Attempt("calls and writes of a run", () => new RunCounts(bench).Measure());
        await bench.Attempt("a ready step beside a sleeping sibling", () => new ReadyStep(bench).Measure());
        await bench.Attempt("deadlines that agents ignore, and cancels", () => new Deadlines(bench).Measure());
        await bench.Attempt("runs that wait for their agents", () => new WaitingRuns(bench).Measure());
        await bench.Attempt("over a TCP client and over HTTP", () => new RemoteRuns(bench).Measure());
    }

    protected override ImmutableArray<Check> Judge(Notebook notes) =>
    [
        notes.Check("in memory, 64 in flight: CPU per run", Goal.AtMost(600)),
        notes.Check("durable, 1 in flight: p50", Goal.AtMost(4)),
        notes.Check("durable, 64 in flight: runs/s", Goal.AtLeast(1_500)),
        notes.Check(MetricsCost.Cost, Goal.AtMost(3)),
        notes.Check("ready step: p50 after the answer of its writer, while a sibling sleeps 500 ms", Goal.AtMost(2)),
        notes.Check("deadline: result after it p99, agents that ignore it", Goal.AtMost(50)),
        notes.Check("cancel: reaches the agent p99", Goal.AtMost(100)),
        notes.Check("memory per waiting run", Goal.AtMost(20)),
        notes.Check("HTTP pull agents, 1 in flight: overhead per step p50", Goal.AtMost(5)),
    ];
}
