using System.Text.Json;
using System.Text.Json.Nodes;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.Reports;

/// <summary>A report as JSON: the members that every workload has, then what more there is to know.</summary>
internal static class ReportJson
{
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>One workload's report itself; of several, one that has their checks and each whole report under <c>workloads</c>.</summary>
    public static string Text(IReadOnlyList<Report> reports) => (reports is [var only] ? Of(only) : OfAll(reports)).ToJsonString(Indented);

    public static JsonObject Of(Report report) => new()
    {
        ["workload"] = report.Workload,
        ["quick"] = report.Quick,
        ["seed"] = report.Seed,
        ["load1"] = report.Load1,
        ["load1_end"] = report.Load1AtEnd,
        ["repetitions"] = report.Repetitions,
        ["machine"] = JsonSerializer.SerializeToNode(report.Machine, SnakeCase),
        ["checks"] = new JsonArray([.. report.Checks.Select(check => Of(check, prefix: ""))]),
        ["scale"] = report.Scale,
        ["arms"] = Arms(report),
        ["raw_orleans"] = Of(report.RawOrleans),
        ["figures"] = new JsonArray([.. report.Figures.Select(Of)]),
        ["remarks"] = new JsonArray([.. report.Remarks.Select(remark => JsonValue.Create(remark))]),
        ["pass"] = report.Pass,
    };

    private static JsonObject OfAll(IReadOnlyList<Report> reports) => new()
    {
        ["workload"] = Catalogue.All,
        ["quick"] = reports[0].Quick,
        ["seed"] = reports[0].Seed,
        ["load1"] = reports[0].Load1,
        ["load1_end"] = reports[^1].Load1AtEnd,
        ["checks"] = new JsonArray([.. reports.SelectMany(report => report.Checks.Select(check => Of(check, $"{report.Workload} ")))]),
        ["arms"] = new JsonObject { ["rosud"] = Of(reports[0].Rosud) },
        ["raw_orleans"] = Of(reports[0].RawOrleans),
        ["workloads"] = new JsonArray([.. reports.Select(Of)]),
        ["pass"] = reports.All(report => report.Pass),
    };

    private static JsonObject Of(Check check, string prefix)
    {
        var json = new JsonObject
        {
            ["name"] = prefix + check.Name,
            ["value"] = check.Value,
            ["goal"] = check.Goal.Bound,
            ["unit"] = check.Unit,
            ["pass"] = check.Pass,
            ["bound"] = check.Goal.IsCeiling ? "at_most" : "at_least",
        };
        if (check.NotRun is { } why) json["not_run"] = why;
        return json;
    }

    private static JsonObject Arms(Report report)
    {
        var arms = new JsonObject { ["rosud"] = Of(report.Rosud) };
        foreach (var (name, arm) in report.OtherArms) arms[name] = Of(arm);
        return arms;
    }

    private static JsonNode? Of(Arm arm) => JsonSerializer.SerializeToNode(arm, SnakeCase);

    private static JsonObject Of(Figure figure) => new()
    {
        ["name"] = figure.Name,
        ["unit"] = figure.Unit,
        ["median"] = figure.Spread.Median,
        ["min"] = figure.Spread.Min,
        ["max"] = figure.Spread.Max,
        ["values"] = new JsonArray([.. figure.Spread.Values.Select(value => JsonValue.Create(value))]),
        ["load1_min"] = figure.LoadMin,
        ["load1_max"] = figure.LoadMax,
    };
}
