using System.Globalization;
using Rosud.Measuring;
using Spectre.Console;

namespace Rosud.Reports;

/// <summary>A report as a person reads it.</summary>
internal static class Screen
{
    private const int WidthMin = 150;

    public static void Write(IAnsiConsole console, Report report)
    {
        if (console.Profile.Width < WidthMin) console.Profile.Width = WidthMin;   // In a pipe it would take 80 for granted and break every name.
        var speed = report.Quick ? "quick" : "full";
        console.WriteLine();
        console.Write(new Rule(Markup.Escape($"{report.Workload}: {report.About} ({speed}, seed {report.Seed})")).LeftJustified());
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Machine.Cores} cores, {report.Machine.Cpu}, {report.Machine.FileSystem}, {report.Machine.Runtime}; load {report.Load1:0.00} before, {report.Load1AtEnd:0.00} after; median [min to max] of {report.Repetitions} repetitions"));
        console.Write(Figures(report));
        console.Write(Checks(report));
        foreach (var remark in report.Remarks) console.WriteLine($"Note: {remark}");
        console.WriteLine(report.Pass ? $"{report.Workload}: every goal is kept." : $"{report.Workload}: SHORT of {report.Checks.Count(check => !check.Pass)} of {report.Checks.Length} goals.");
    }

    private static Table Figures(Report report)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("figure", "median", "min", "max", "unit", "load");
        foreach (var figure in report.Figures)
        {
            table.AddRow(new[]
            {
                figure.Name, Number(figure.Spread.Median), Number(figure.Spread.Min), Number(figure.Spread.Max), figure.Unit, Load(figure),
            }.Select(Markup.Escape).ToArray());
        }

        return table;
    }

    private static Table Checks(Report report)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("goal", "value", "bound", "unit", "");
        foreach (var check in report.Checks)
        {
            var verdict = check.Pass ? "ok" : check.NotRun is { } why ? $"NOT RUN: {why}" : "SHORT";
            table.AddRow(new[]
            {
                check.Name, check.Value is { } value ? Number(value) : "-", check.Goal.ToString(), check.Unit, verdict,
            }.Select(Markup.Escape).ToArray());
        }

        return table;
    }

    private static string Load(Figure figure) => string.Create(CultureInfo.InvariantCulture, $"{figure.LoadMin:0.0}-{figure.LoadMax:0.0}");

    private static string Number(double value) => value.ToString(Math.Abs(value) switch { >= 1000 => "#,0", >= 10 => "0.0", _ => "0.000" }, CultureInfo.InvariantCulture);
}
