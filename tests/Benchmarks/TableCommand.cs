using System.CommandLine;
using System.Text.Json.Nodes;
using Rosud.Reports;

namespace Rosud;

/// <summary><c>table W1.json W2.json … [--readme README.md]</c>: writes the figures of reports into the marked part of a README.</summary>
internal static class TableCommand
{
    public static Command Make()
    {
        var files = new Argument<FileInfo[]>("reports") { Description = "Reports as written with --json, in the order to show them.", Arity = ArgumentArity.OneOrMore };
        var readme = new Option<FileInfo>("--readme") { Description = "The text with the marked part. Default README.md.", DefaultValueFactory = _ => new FileInfo("README.md") };
        var command = new Command("table", "Writes the figures of reports into the marked part of the README.") { files, readme };
        command.SetAction((parsed, stopped) => Write(parsed.GetRequiredValue(files), parsed.GetRequiredValue(readme), parsed.InvocationConfiguration.Error, stopped));
        return command;
    }

    private static async Task<int> Write(FileInfo[] files, FileInfo readme, TextWriter errors, CancellationToken stopped)
    {
        if (files.Append(readme).FirstOrDefault(file => !file.Exists) is { } missing)
        {
            await errors.WriteLineAsync($"'{missing}' is not there.");
            return BenchmarkCommand.Misused;
        }

        var reports = new List<JsonNode>();
        foreach (var file in files) reports.Add(JsonNode.Parse(await File.ReadAllTextAsync(file.FullName, stopped))!);
        if (ReadmeTable.Within(await File.ReadAllTextAsync(readme.FullName, stopped), reports) is not { } text)
        {
            await errors.WriteLineAsync($"'{readme}' has no part between '{ReadmeTable.Begin}' and '{ReadmeTable.End}'.");
            return BenchmarkCommand.Misused;
        }

        await File.WriteAllTextAsync(readme.FullName, text, stopped);
        return BenchmarkCommand.Kept;
    }
}
