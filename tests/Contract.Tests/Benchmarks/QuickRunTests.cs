using System.Diagnostics;
using System.Text.Json;

namespace Rosud.Benchmarks;

/// <summary>Each workload once as a process, quick: that it measures all it promises, not how well Rosud does on a busy machine.</summary>
public sealed class QuickRunTests : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("rosud-quick-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("W5")]
    [InlineData("W6")]
    public async Task A_quick_run_measures_every_goal_and_exits_by_what_it_found(string workload)
    {
        var file = Path.Combine(_folder, "report.json");

        var (code, output) = await Run(workload, "--quick", "--seed", "7", "--json", file);

        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        var root = report.RootElement;
        Assert.Equal((workload, true, 7), (root.GetProperty("workload").GetString(), root.GetProperty("quick").GetBoolean(), root.GetProperty("seed").GetInt32()));
        var checks = root.GetProperty("checks").EnumerateArray().ToList();
        Assert.All(checks, check => Assert.True(check.GetProperty("value").ValueKind == JsonValueKind.Number, $"{check}\n{root.GetProperty("remarks")}"));
        Assert.All(checks, check => Assert.True(check.GetProperty("value").GetDouble() is var value && double.IsFinite(value), $"{check}"));
        Assert.All(root.GetProperty("figures").EnumerateArray(), figure => Assert.InRange(figure.GetProperty("median").GetDouble(), figure.GetProperty("min").GetDouble(), figure.GetProperty("max").GetDouble()));
        Assert.True(root.GetProperty("arms").GetProperty("rosud").GetProperty("runs").GetInt64() > 0);
        Assert.Equal(0, root.GetProperty("arms").GetProperty("rosud").GetProperty("error_rate").GetDouble());
        var pass = checks.TrueForAll(check => check.GetProperty("pass").GetBoolean());
        Assert.Equal((pass, pass ? 0 : 1), (root.GetProperty("pass").GetBoolean(), code));
        Assert.Contains(pass ? "every goal is kept" : "SHORT", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quick_run_of_W3_says_what_it_did_not_run_and_its_checker_finds_a_host_without_validation()
    {
        var file = Path.Combine(_folder, "report.json");

        var (code, output) = await Run("W3", "--quick", "--seed", "7", "--json", file);

        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        var checks = report.RootElement.GetProperty("checks").EnumerateArray().ToLookup(check => check.GetProperty("name").GetString()![..3]);
        Assert.Equal(1, code);   // (b) and (e) are not run yet, which is no pass.
        Assert.Equal(2, output.Split("NOT RUN").Length - 1);
        Assert.True(checks["(c)"].Single().GetProperty("pass").GetBoolean(), output);
        Assert.True(checks["wit"].Single().GetProperty("pass").GetBoolean(), output);
        Assert.True(checks["vio"].Single().GetProperty("pass").GetBoolean(), output);
    }

    private static async Task<(int Code, string Output)> Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Rosud.Benchmarks.dll"), .. arguments]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Longest);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        return (process.ExitCode, await output);
    }
}
