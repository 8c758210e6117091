using System.Globalization;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Mutants;
using Rosud.Workloads;

namespace Rosud.W3;

/// <summary>(a) against a host that does not validate: a checker that finds nothing there finds nothing anywhere.</summary>
internal sealed class WithoutValidation : StalePart
{
    private const string Missed = "with validation switched off: rewritten reads that were committed on";
    private const string Found = "with validation switched off: violations that the checker finds";

    public override string Title => "(a) with validation switched off";

    public override async Task Measure(Bench bench, int seed)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"w3-broken-{seed}");
        await using var host = await LocalHost.Start(
            HostSettings.New(name).OnSqlite(bench.NewFolder(name)), services => MutantServices.Add(services, Mutant.NoValidation));
        var count = await RewrittenLanes.Run(bench, host, 20, 1, seed);
        bench.Notes.Note(Missed, "of 20", count.Missed);
        bench.Notes.Note(Found, "", count.Violations);
    }

    public override IEnumerable<Check> Judge(Notebook notes) => [notes.CheckWorst(Found, Goal.AtLeast(1))];
}
