using System.Collections.Immutable;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W6;

/// <summary>W6: what the context costs, whatever its size and whoever listens.</summary>
internal sealed class ContextWorkload : Workload
{
    public override string Name => "W6";

    public override string About => "updates of a context, and hearing of them";

    protected override async Task Measure(Bench bench)
    {
        await bench.Attempt("in process, durable on SQLite FULL", () => new InProcessContext(bench).Measure());
        await bench.Attempt("from another process", () => new RemoteContext(bench).Measure());
        await bench.Attempt("two silos on Redis", () => new TwoSilos(bench).Measure());
    }

    protected override ImmutableArray<Check> Judge(Notebook notes) =>
    [
        notes.Check("update of 100,000 keys: p50 against 10 keys", Goal.AtMost(1.3)),
        notes.Check("update of 1,000 keys: p50 against one fdatasync", Goal.AtMost(1.5)),
        notes.Check("commits/s, 64 writers, 1 channel", Goal.AtLeast(20_000)),
        notes.Check("commits/s, 64 channels × 4 writers", Goal.AtLeast(15_000)),
        notes.Check("HTTP: PATCH/s, 64 connections", Goal.AtLeast(5_000)),
        notes.Check("two silos: commit → listener p50", Goal.AtMost(1), TwoSilos.WhyNot),
        notes.Check("two silos: commit → listener p99", Goal.AtMost(10), TwoSilos.WhyNot),
        notes.Check("HTTP: commit → SSE client p50", Goal.AtMost(5)),
        notes.Check("HTTP: 1,000 SSE listeners at 10 commits/s p99", Goal.AtMost(500)),
        notes.Check("two silos: idle CPU of both", Goal.AtMost(5), TwoSilos.WhyNot),
        notes.Check("recovery of 10,000 keys of 1 KB", Goal.AtMost(0.3)),
        notes.Check("memory per key over 2 × its bytes", Goal.AtMost(300)),
    ];
}
