using System.Collections.Immutable;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.Listeners;

/// <summary>Clients of one event stream, some of which take nothing of it: what that costs the others, and how soon they are cut.</summary>
internal sealed class ListenersWorkload : Workload
{
    public override string Name => "listeners";

    public override string About => "1,000 clients of one event stream, 100 of them stuck and 50 half-open";

    protected override Task Measure(Bench bench) => bench.Attempt("listeners", () => new Crowd(bench).Measure());

    protected override ImmutableArray<Check> Judge(Notebook notes) =>
    [
        notes.CheckWorst(Crowd.Missed, Goal.AtMost(0)),
        notes.Check(Crowd.P99, Goal.AtMost(500)),
        notes.Check(Crowd.CutAfter, Goal.AtMost(15)),
        notes.CheckWorst(Crowd.NotCut, Goal.AtMost(0)),
        notes.CheckWorst(Crowd.OthersCut, Goal.AtMost(0)),
        notes.CheckWorst(Crowd.NotResumed, Goal.AtMost(0)),
        notes.CheckWorst(Crowd.Subscriptions, Goal.AtMost(1)),
        notes.CheckWorst(Crowd.Polls, Goal.AtMost(0)),
    ];
}
