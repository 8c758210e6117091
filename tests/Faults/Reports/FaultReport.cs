using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rosud.Nemeses;
using Rosud.Runs;

namespace Rosud.Reports;

/// <summary>What a run came to, for people and for programs.</summary>
internal sealed class FaultReport(FaultPlan plan, FaultTally tally, double loadBefore, double loadAfter)
{
    private const int SentencesMax = 20;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public ImmutableArray<FaultCheck> Checks { get; } = FaultCheck.Of(tally);

    /// <summary>Nothing was violated, and the run proves something.</summary>
    public bool Pass => !tally.Voids.Any() && Checks.All(check => check.Pass ?? true);

    /// <summary>Runnable tasks over the last minute, or 0 where the system does not say.</summary>
    public static double Load1() =>
        File.Exists("/proc/loadavg") ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) : 0;

    public void Write(TextWriter output)
    {
        output.WriteLine(Text($"Faults, seed {plan.Seed}{(plan.Mutant is null ? "" : $", mutant {plan.Mutant}")}; load {loadBefore:0.00} before, {loadAfter:0.00} after, {Environment.ProcessorCount} cores"));
        output.WriteLine(Text($"{tally.Histories} channels: {tally.Accepted:#,0} writes acknowledged, {tally.Stale:#,0} refused as stale, {tally.Unknown:#,0} unknown; {tally.Reads:#,0} reads; {tally.Heard:#,0} commits heard, {tally.Gaps} gaps told"));
        output.WriteLine();
        foreach (var kind in tally.Episodes.GroupBy(episode => (episode.Store, episode.Nemesis)))
        {
            var gaps = kind.SelectMany(episode => episode.Gaps).Select(gap => gap.TotalSeconds).Order().ToList();
            output.WriteLine(Text($"  {kind.Key.Store,-7} {kind.Key.Nemesis,-18} {kind.Count(),3} times  silence median {gaps[gaps.Count / 2]:0.0} s, longest {gaps[^1]:0.0} s; {kind.Sum(episode => episode.Lost):#,0} attempts lost; back {kind.Max(episode => episode.Back).TotalSeconds:0.0} s"));
        }

        output.WriteLine();
        foreach (var check in Checks) output.WriteLine($"  {Verdict(check.Pass),-8} {check}");
        foreach (var (channel, violation) in tally.Violations.Take(SentencesMax)) output.WriteLine($"  {channel}: {violation}");
        if (tally.Violations.Count > SentencesMax) output.WriteLine($"  … and {tally.Violations.Count - SentencesMax} more.");
        foreach (var remark in tally.Remarks) output.WriteLine($"Note: {remark}");
        foreach (var why in tally.Voids) output.WriteLine($"VOID: {why}");
        output.WriteLine(Pass ? "Nothing was violated." : tally.Violations.Count > 0 ? "VIOLATED." : tally.Voids.Any() ? "VOID." : "SHORT of a goal.");
    }

    public string Json() => new JsonObject
    {
        ["workload"] = "faults",
        ["quick"] = plan.Quick,
        ["seed"] = plan.Seed,
        ["mutant"] = plan.Mutant,
        ["load1"] = loadBefore,
        ["load1_end"] = loadAfter,
        ["checks"] = Array(Checks, check => new JsonObject
        {
            ["name"] = check.Name,
            ["value"] = check.Value,
            ["goal"] = check.Goal,
            ["unit"] = check.Unit,
            ["pass"] = check.Pass,
            ["bound"] = "at_most",
        }),
        ["counts"] = new JsonObject
        {
            ["channels"] = tally.Histories,
            ["accepted"] = tally.Accepted,
            ["stale"] = tally.Stale,
            ["unknown"] = tally.Unknown,
            ["reads"] = tally.Reads,
            ["heard"] = tally.Heard,
            ["gaps"] = tally.Gaps,
        },
        ["episodes"] = Array(tally.Episodes, Of),
        ["violations"] = Array(tally.Violations, found => new JsonObject { ["channel"] = found.Channel, ["kind"] = $"{found.Violation.Kind}", ["sentence"] = found.Violation.Sentence }),
        ["void"] = Array(tally.Voids, why => JsonValue.Create(why)),
        ["remarks"] = Array(tally.Remarks, remark => JsonValue.Create(remark)),
        ["pass"] = Pass,
    }.ToJsonString(Indented);

    private static JsonObject Of(Episode episode) => new()
    {
        ["nemesis"] = episode.Nemesis,
        ["store"] = episode.Store,
        ["bit"] = episode.Bit,
        ["lost"] = episode.Lost,
        ["gaps_s"] = Array(episode.Gaps, gap => JsonValue.Create(gap.TotalSeconds)),
        ["back_s"] = episode.Back.TotalSeconds,
    };

    private static JsonArray Array<T>(IEnumerable<T> things, Func<T, JsonNode?> of) => [.. things.Select(of)];

    private static string Verdict(bool? pass) => pass switch { true => "ok", false => "VIOLATED", null => "not tried" };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
