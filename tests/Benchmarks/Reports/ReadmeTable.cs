using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Rosud.Reports;

/// <summary>The part of the README that is made from reports of the benchmarks, as they were written with <c>--json</c>.</summary>
internal static class ReadmeTable
{
    public const string Begin = "<!-- figures: made by `dotnet run -c Release --project tests/Benchmarks -- table docs/figures/*.json`, not by hand -->";

    public const string End = "<!-- end of figures -->";

    private static readonly string[] Ways = ["single", "naive", "rosud"];

    /// <summary>The text with its marked part made anew; null when no part of it is marked.</summary>
    public static string? Within(string text, IReadOnlyList<JsonNode> reports)
    {
        var begin = text.IndexOf(Begin, StringComparison.Ordinal);
        var end = begin < 0 ? -1 : text.IndexOf(End, begin, StringComparison.Ordinal);
        return end < 0 ? null : string.Concat(text.AsSpan(0, begin + Begin.Length), "\n", Of(reports), text.AsSpan(end));
    }

    /// <summary>The reports as Markdown: what each way of doing the work took, then which goals were kept.</summary>
    public static string Of(IReadOnlyList<JsonNode> reports)
    {
        var made = new StringBuilder();
        made.Append("\n| in simulation | p50 | p95 | tokens | cost | errors | coordination overhead | agents called |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var report in reports) Arms(made, report);
        made.Append("\n| measured | goals kept | short |\n|---|---|---|\n");
        foreach (var report in reports) Goals(made, report);
        made.Append('\n');
        foreach (var report in reports) made.Append(CultureInfo.InvariantCulture, $"- {Source(report)}\n");
        return made.Append('\n').ToString();
    }

    private static void Arms(StringBuilder made, JsonNode report)
    {
        var arms = report["arms"]!.AsObject();
        if (arms.Count < 2) return;   // Nothing to compare with.
        foreach (var way in Ways)
        {
            if (arms[way] is not { } arm) continue;
            made.Append(CultureInfo.InvariantCulture, $"| {Name(report)}, {way} | {Ms(arm, "p50_ms")} | {Ms(arm, "p95_ms")} | {Number(arm, "tokens_mean", "#,0")} | {Number(arm, "cost_usd_mean", "$0.0000")} | ");
            made.Append(CultureInfo.InvariantCulture, $"{(Value(arm, "cost_usd_mean") is null ? "" : Percent(arm, "error_rate"))} | {Ms(arm, "overhead_ms_mean")} | {Number(arm, "fired_mean", "0.#")} |\n");
        }
    }

    private static void Goals(StringBuilder made, JsonNode report)
    {
        var checks = report["checks"]!.AsArray().Select(check => check!).ToList();
        var missed = checks.Where(check => !(bool)check["pass"]!).Select(Missed).ToList();
        made.Append(CultureInfo.InvariantCulture, $"| {Name(report)} | {checks.Count - missed.Count} of {checks.Count} | {string.Join("; ", missed)} |\n");
    }

    private static string Missed(JsonNode check)
    {
        var goal = $"{((string)check["bound"]! == "at_most" ? "≤" : "≥")} {Short((double)check["goal"]!)}{Unit(check)}";
        return $"{check["name"]}: {(check["value"] is { } value ? Short((double)value) + Unit(check) : "not measured")} ({goal})".Replace("|", "\\|", StringComparison.Ordinal);
    }

    private static string Source(JsonNode report)
    {
        var machine = report["machine"]!;
        var scale = (double?)report["scale"] ?? 1;
        var faster = scale == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", agents {scale:0.##} times faster than they would be, times shown as they would be");
        return string.Create(CultureInfo.InvariantCulture, $"{Name(report)}: seed {report["seed"]}{((bool)report["quick"]! ? ", quick" : "")}{faster}; {machine["cores"]} cores, {machine["cpu"]}, load {(double)report["load1"]!:0.0} before and {(double)report["load1_end"]!:0.0} after.");
    }

    private static string Name(JsonNode report) => (string)report["workload"]!;

    private static string Unit(JsonNode check) => (string?)check["unit"] is { Length: > 0 } unit ? $" {unit}" : "";

    // What costs nothing is not priced in that workload.
    private static double? Value(JsonNode arm, string member) => (double?)arm[member] is { } value && value != 0 ? value : null;

    private static string Number(JsonNode arm, string member, string format) => Value(arm, member)?.ToString(format, CultureInfo.InvariantCulture) ?? "";

    private static string Ms(JsonNode arm, string member) => Value(arm, member) is { } ms ? ms.ToString("#,0", CultureInfo.InvariantCulture) + " ms" : "";

    private static string Percent(JsonNode arm, string member) => ((double)arm[member]! * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    private static string Short(double value) => value.ToString(Math.Abs(value) switch { >= 1000 => "#,0", >= 10 => "0.0", _ => "0.####" }, CultureInfo.InvariantCulture);
}
