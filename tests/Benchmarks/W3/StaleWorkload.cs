using System.Collections.Immutable;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W3;

/// <summary>W3: a world that changes under those who work on it.</summary>
internal sealed class StaleWorkload : Workload
{
    public const double ToldBeyondMs = 100;

    private const string NotYet = "Not run yet: its parts are not in this workload.";

    public override string Name => "W3";

    public override string About => "a world that changes while agents work on it";

    protected override async Task Measure(Bench bench)
    {
        await bench.Attempt("(a) rewritten between read and commit", () => new Rewrites(bench).Measure());
        await bench.Attempt("(a) with validation switched off", () => new Rewrites(bench).MeasureBroken());
        await bench.Attempt("(a) (d) running attempts", () => new RunningAttempts(bench).Measure());
        await bench.Attempt("(c) increments", () => new Increments(bench).Measure());
    }

    protected override ImmutableArray<Check> Judge(Notebook notes) =>
    [
        notes.Check("(a) rewritten reads that were committed on", Goal.AtMost(0)),
        notes.Check("(a) running attempts not told", Goal.AtMost(0)),
        notes.Check("(a) running attempts told, beyond the threshold: longest", Goal.AtMost(ToldBeyondMs)),
        notes.Check("(b) price changes while a person approves: not asked again", Goal.AtMost(0), NotYet),
        notes.Check("(c) ten increments at once: lost", Goal.AtMost(0)),
        notes.Check("(d) equal rewrites: attempts told", Goal.AtMost(0)),
        notes.Check("(d) equal rewrites: commits refused", Goal.AtMost(0)),
        notes.Check("(e) hot key: neither completed nor exhausted within 3 retries", Goal.AtMost(0), NotYet),
        notes.Check("violations in the histories of (a) and (c)", Goal.AtMost(0)),
        notes.Check("with validation switched off: violations that the checker finds", Goal.AtLeast(1)),
    ];
}
