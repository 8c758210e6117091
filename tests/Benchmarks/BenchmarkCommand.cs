using System.CommandLine;
using System.CommandLine.Invocation;
using Rosud.Reports;
using Rosud.Workloads;
using Spectre.Console;

namespace Rosud;

/// <summary>The command line: <c>W5 [--quick] [--seed N] [--json FILE]</c>.</summary>
internal static class BenchmarkCommand
{
    /// <summary>Every goal was kept.</summary>
    public const int Kept = 0;

    /// <summary>A goal was not kept or not measured.</summary>
    public const int Short = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Misused = 2;

    /// <summary>Does what the command line says.</summary>
    /// <returns><see cref="Kept"/>, <see cref="Short"/> or <see cref="Misused"/>.</returns>
    public static async Task<int> Run(string[] args, TextWriter errors)
    {
        var parsed = Command().Parse(args);
        if (parsed.Action is not ParseErrorAction)
        {
            return await parsed.InvokeAsync();
        }

        foreach (var error in parsed.Errors) await errors.WriteLineAsync(error.Message);
        await errors.WriteLineAsync($"Use: {string.Join(" | ", Catalogue.Names)} [--quick] [--seed N] [--scale N] [--only TEXT] [--json FILE]; or table REPORT.json … [--readme README.md]");
        return Misused;
    }

    private static RootCommand Command()
    {
        var name = new Argument<string>("workload") { Description = $"What to measure: {string.Join(", ", Catalogue.Names)}." };
        name.Validators.Add(result =>
        {
            var text = result.Tokens[0].Value;
            if (Catalogue.Find(text).IsEmpty) result.AddError($"There is no workload '{text}'. There are {string.Join(", ", Catalogue.Names)}.");
        });
        var quick = new Option<bool>("--quick") { Description = "Few and short repetitions: shows that it works, its figures are rough." };
        var seed = new Option<int>("--seed") { Description = "Decides all content and order.", DefaultValueFactory = _ => 1 };
        var scale = new Option<double?>("--scale") { Description = "By how much simulated work is faster, 1 to 4. Default 1, with --quick 4." };
        scale.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is { } asked && asked is not (>= 1 and <= 4)) result.AddError("A scale is 1 to 4.");
        });
        var only = new Option<string?>("--only") { Description = "Measures only the parts with this in their title (progress names them), A/B only B among the parts of A; the goals of the others count as not measured." };
        var json = new Option<FileInfo?>("--json") { Description = "Where to write the report as JSON." };
        json.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var path }] && (Directory.Exists(path) || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))) result.AddError($"'{path}' cannot be written: name a file in a folder that exists.");
        });
        var root = new RootCommand("Measures Rosud and holds it against its goals.") { name, quick, seed, scale, only, json, TableCommand.Make() };
        root.SetAction((parsed, stopped) => Measure(
            parsed.GetRequiredValue(name), parsed.GetValue(quick), parsed.GetValue(seed), parsed.GetValue(scale), parsed.GetValue(only), parsed.GetValue(json), stopped));
        return root;
    }

    private static async Task<int> Measure(string name, bool quick, int seed, double? scale, string? only, FileInfo? json, CancellationToken stopped)
    {
        var folder = Directory.CreateTempSubdirectory("rosud-benchmarks-").FullName;
        try
        {
            var reports = new List<Report>();
            foreach (var workload in Catalogue.Find(name))
            {
                var bench = new Bench(quick, seed, folder, sentence => Console.Error.WriteLine($"{workload.Name}: {sentence}"), stopped) { Scale = scale ?? (quick ? 4 : 1), Only = only };
                var report = await workload.Run(bench);
                Screen.Write(AnsiConsole.Console, report);
                reports.Add(report);
            }

            if (json is not null) await File.WriteAllTextAsync(json.FullName, ReportJson.Text(reports), stopped);
            return reports.All(report => report.Pass) ? Kept : Short;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
