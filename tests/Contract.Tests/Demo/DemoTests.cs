using System.Diagnostics;
using System.Text.RegularExpressions;
using Rosud.Hosting;

namespace Rosud.Demo;

public sealed partial class DemoTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rosud-demo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_demo_answers_from_files_with_citations_and_redoes_what_became_stale()
    {
        var texts = Directory.CreateDirectory(Path.Combine(_folder, "texts")).FullName;
        for (var i = 1; i <= 6; i++)
        {
            await File.WriteAllTextAsync(Path.Combine(texts, $"bees-{i}.md"), $"# Notes {i}\n\nBees number {i} dance to tell where nectar is.\n\nNothing here.\n");
        }

        var (code, output) = await Run("demo", "--once", "--question", "Why do bees dance?", "--folder", texts, $"--Rosud:DataPath={_folder}/data");

        Assert.True(code == 0, output);
        Assert.Matches(Citation(), output);
        Assert.Matches(Stale(), output);
        Assert.Contains("[5]", output, StringComparison.Ordinal);   // The changed limit of five, not the three that the first attempt read.
        Assert.Contains("coordination_overhead_ms", output, StringComparison.Ordinal);
        Assert.Matches("stale_context_events +1", output);
        Assert.Matches(@"agents_actually_needed +3 \(registered 4, planned 3, fired 3\)", output);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_refused_in_one_line()
    {
        var (code, output) = await Run("demo", "--folder", Path.Combine(_folder, "nowhere"));

        Assert.Equal(1, code);
        Assert.Contains("There is no folder", output, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output)> Run(params string[] arguments)
    {
        string[] own =
        [
            Path.Combine(AppContext.BaseDirectory, "Rosud.Silo.dll"), .. arguments, "--urls", $"http://127.0.0.1:{FreePort.Next()}",
            $"--Orleans:Endpoints:SiloPort={FreePort.Next()}", $"--Orleans:Endpoints:GatewayPort={FreePort.Next()}",
        ];
        using var process = Process.Start(new ProcessStartInfo("dotnet", own) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }

    [GeneratedRegex(@"\[1\] bees-\d\.md:3")]
    private static partial Regex Citation();

    [GeneratedRegex(@"answer +executor +1 .* stale")]
    private static partial Regex Stale();
}
