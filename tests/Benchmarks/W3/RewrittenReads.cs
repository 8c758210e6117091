using System.Globalization;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W3;

/// <summary>(a) B reads, A rewrites 200 ms later, B commits what it made of what it read: refused, every time; and accepted when A wrote something else.</summary>
internal sealed class RewrittenReads : StalePart
{
    private const string Times = "(a) rewritten reads";
    private const string Missed = "(a) rewritten reads that were committed on";
    private const string Refused = "(a) reads that nobody rewrote, refused";
    private const int Lanes = 200;
    private const int TimesFull = 10_000;
    private const int TimesQuick = 200;

    public override string Title => "(a) rewritten between read and commit";

    public override async Task Measure(Bench bench, int seed)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"w3-rewritten-{seed}");
        await using var host = await LocalHost.Start(HostSettings.New(name).OnSqlite(bench.NewFolder(name)));
        var count = await RewrittenLanes.Run(bench, host, Lanes, bench.Choose(TimesFull, TimesQuick) / Lanes, seed);
        bench.Notes.Note(Times, "times", count.Rewritten);
        bench.Notes.Note(Missed, "times", count.Missed);
        bench.Notes.Note(Refused, "times", count.RefusedFresh);
        bench.Notes.Note(StaleWorkload.Violations, "", count.Violations);
    }

    public override IEnumerable<Check> Judge(Notebook notes) =>
    [
        notes.CheckWorst(Times, Goal.AtLeast(TimesQuick)),
        notes.CheckWorst(Missed, Goal.AtMost(0)),
        notes.CheckWorst(Refused, Goal.AtMost(0)),
    ];
}
