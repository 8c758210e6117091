using System.Collections.Immutable;
using System.Globalization;
using Rosud.Measuring;
using Rosud.Verdicts;
using Rosud.Workloads;

namespace Rosud.W7;

/// <summary>W7: whether the verdict is honest, on classes whose truth is known.</summary>
internal sealed class VerdictWorkload : Workload
{
    private const int TooFew = 40;
    private const int RightMin = 23;

    private static readonly VerdictAnswer[] Differences = [VerdictAnswer.Multi, VerdictAnswer.Single, VerdictAnswer.TradeOff];

    public override string Name => "W7";

    public override string About => "an honest verdict, on 25 classes of known truth";

    protected override async Task Measure(Bench bench)
    {
        await bench.Attempt("25 classes of known truth", () => Task.Run(() => Classes(bench), bench.Stopped));
        await bench.Attempt("classes without any difference", () => Task.Run(() => Nulls(bench), bench.Stopped));
        bench.Notes.Remark("Pairs are made, not run: what is measured is the statistics. A wrong-way answer names the other side; of a tie it names any side.");
        bench.Notes.Remark("A false verdict is one that names a side, at any of the five looks, where there is no difference.");
    }

    protected override ImmutableArray<Check> Judge(Notebook notes) =>
    [
        Worst(notes, "right answers of 25 at 1,280 pairs", Goal.AtLeast(RightMin), spread => spread.Min),
        Worst(notes, "wrong-way answers at 1,280 pairs", Goal.AtMost(0), spread => spread.Max),
        Worst(notes, "answers other than insufficient at 40 pairs", Goal.AtMost(0), spread => spread.Max),
        notes.Check("false verdicts without a difference", Goal.AtMost(5)),
    ];

    // Correctness counts by the worst seed.
    private static Check Worst(Notebook notes, string name, Goal goal, Func<Spread, double> worst) =>
        notes.Of(name) is { } figure ? new(name, worst(figure.Spread), goal, figure.Unit) : notes.Check(name, goal);

    private static void Classes(Bench bench)
    {
        for (var repetition = 0; repetition < bench.Choose(5, 1); repetition++)
        {
            var seed = (ulong)(bench.Seed + repetition);
            var verdicts = SyntheticClass.All.AsParallel().AsOrdered().WithCancellation(bench.Stopped)
                .Select((one, i) => (Class: one, Verdict: VerdictStatistics.Of(one.Pairs(Looks.Last, (seed * 1_000) + (ulong)i), seed))).ToList();
            foreach (var (one, verdict) in verdicts.Where(found => found.Verdict.Answer != found.Class.Truth))
            {
                bench.Notes.Remark(string.Create(CultureInfo.InvariantCulture, $"Seed {seed}, {one.Name}: {verdict.Sentence}"));
            }

            bench.Notes.Note("right answers of 25 at 1,280 pairs", "classes", verdicts.Count(found => found.Verdict.Answer == found.Class.Truth));
            bench.Notes.Note("wrong-way answers at 1,280 pairs", "classes", verdicts.Count(found => Differences.Contains(found.Verdict.Answer) && found.Verdict.Answer != found.Class.Truth));
            bench.Notes.Note("trade-offs seen where there is none", "classes", verdicts.Count(found => found.Verdict.Answer == VerdictAnswer.TradeOff));
            bench.Notes.Note(
                "answers other than insufficient at 40 pairs", "classes",
                SyntheticClass.All.Select((one, i) => VerdictStatistics.Of(one.Pairs(TooFew, (seed * 1_000) + (ulong)i), seed)).Count(verdict => verdict.Answer != VerdictAnswer.Insufficient));
            if (repetition == 0) foreach (var (one, verdict) in verdicts) bench.Notes.Remark($"{one.Name} → {verdict.Sentence}");
        }
    }

    private static void Nulls(Bench bench)
    {
        var replications = bench.Choose(1_000, 100);
        var verdicts = Enumerable.Range(0, replications).AsParallel().WithCancellation(bench.Stopped)
            .Select(i => VerdictStatistics.AtLooks(SyntheticClass.Null(i).Pairs(Looks.Last, ((ulong)bench.Seed << 32) + (ulong)i), (ulong)i).ToList()).ToList();
        bench.Notes.Note("false verdicts without a difference", "%", 100.0 * verdicts.Count(looks => looks.Exists(verdict => Differences.Contains(verdict.Answer))) / replications);
        bench.Notes.Note("equivalence seen without a difference", "%", 100.0 * verdicts.Count(looks => looks[^1].Answer == VerdictAnswer.Equivalent) / replications);
        bench.Notes.Note("replications without a difference", "replications", replications);
    }
}
