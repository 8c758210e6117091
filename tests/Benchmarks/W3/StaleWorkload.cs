using System.Collections.Immutable;
using System.Globalization;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W3;

/// <summary>W3: a world that changes under those who work on it.</summary>
internal sealed class StaleWorkload : Workload
{
    /// <summary>Noted by every part that keeps a history.</summary>
    public const string Violations = "violations that the checker finds in the histories";

    private const int Seeds = 5;

    private static readonly ImmutableArray<StalePart> Parts =
    [
        new RewrittenReads(),
        new RunningAttempts(),
        new Approvals(),
        new Increments(),
        new HotKey(),
        new WithoutValidation(),
    ];

    public override string Name => "W3";

    public override string About => "a world that changes while agents work on it";

    protected override async Task Measure(Bench bench)
    {
        foreach (var part in Parts)
        {
            for (var seed = bench.Seed; seed < bench.Seed + bench.Choose(Seeds, 1); seed++)
            {
                var with = seed;
                await bench.Attempt(string.Create(CultureInfo.InvariantCulture, $"{part.Title}, seed {seed}"), () => part.Measure(bench, with));
            }
        }
    }

    protected override ImmutableArray<Check> Judge(Notebook notes) =>
        [.. Parts.SelectMany(part => part.Judge(notes)), notes.CheckWorst(Violations, Goal.AtMost(0))];
}
