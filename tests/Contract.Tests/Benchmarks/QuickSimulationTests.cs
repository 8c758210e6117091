using System.Text.Json;
using Rosud.Hosting;

namespace Rosud.Benchmarks;

/// <summary>Each simulated workload once as a process, quick. Beside <see cref="QuickRunTests"/>, because both mostly wait.</summary>
public sealed class QuickSimulationTests : IDisposable
{
    private static readonly string[] PartsOfW3 = ["(a)", "(b)", "(c)", "(d)", "(e)", "wit", "vio"];

    private static readonly string[] NeverInW4 = ["rosud: lost commits", "rosud: commits done twice", "rosud: duplicate effects", "rosud: runs whose cascade_prevented is not the count on the graph"];

    private const string OthersInW4 = "others' p99 of that before the first fault";

    private readonly string _folder = Directory.CreateTempSubdirectory("rosud-quick-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]   // Times are the machine's, so only that everything was measured is held, and what no load can change.
    [InlineData("W1", "rosud: coordination tokens", "rosud: agents fired", "naive: tokens")]
    [InlineData("W2", "two silos: polls_total")]
    [InlineData("W7", "wrong-way answers at 1,280 pairs", "answers other than insufficient at 40 pairs")]
    public async Task A_quick_simulation_measures_every_goal(string workload, params string[] kept)
    {
        var file = Path.Combine(_folder, "report.json");

        var (_, output, _) = await BuiltProgram.Run("Benchmarks", workload, "--quick", "--json", file);

        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        var checks = report.RootElement.GetProperty("checks").EnumerateArray().ToList();
        Assert.False(output.Contains("NOT RUN", StringComparison.Ordinal), $"{report.RootElement.GetProperty("remarks")}\n{output}");
        Assert.All(kept, name => Assert.Contains(checks, check => check.GetProperty("name").GetString() == name));
        Assert.All(checks.Where(check => kept.Contains(check.GetProperty("name").GetString())), check => Assert.True(check.GetProperty("pass").GetBoolean(), output));
    }

    [Fact]   // One of each kind, a killed and a frozen host among them. How many of its tasks users see fail is also the machine's, and whether one of them met no harmed host.
    public async Task A_quick_run_of_W4_harms_both_arms_and_loses_and_repeats_nothing()
    {
        var file = Path.Combine(_folder, "report.json");

        var (_, output, _) = await BuiltProgram.Run("Benchmarks", "W4", "--quick", "--json", file);

        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        var checks = report.RootElement.GetProperty("checks").EnumerateArray().ToList();
        Assert.DoesNotContain("not measured to its end", $"{report.RootElement.GetProperty("remarks")}", StringComparison.Ordinal);
        Assert.All(checks, check => Assert.True(check.GetProperty("value").ValueKind == JsonValueKind.Number || check.GetProperty("name").GetString() == OthersInW4, $"{check}\n{report.RootElement.GetProperty("remarks")}"));
        Assert.All(NeverInW4, name => Assert.True(checks.Single(check => check.GetProperty("name").GetString() == name).GetProperty("pass").GetBoolean(), output));
        Assert.True(report.RootElement.GetProperty("figures").EnumerateArray().Single(figure => figure.GetProperty("name").GetString() == "rosud: acknowledged commits").GetProperty("median").GetDouble() > 0);
    }

    [Fact]
    public async Task A_quick_run_of_W3_keeps_every_goal_of_correctness_and_its_checker_finds_a_host_without_validation()
    {
        var file = Path.Combine(_folder, "report.json");

        var (_, output, _) = await BuiltProgram.Run("Benchmarks", "W3", "--quick", "--seed", "7", "--json", file);

        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        var checks = report.RootElement.GetProperty("checks").EnumerateArray().Where(check => check.GetProperty("unit").GetString() != "ms").ToList();   // Time is also the machine's.
        Assert.False(output.Contains("NOT RUN", StringComparison.Ordinal), $"{report.RootElement.GetProperty("remarks")}\n{output}");
        Assert.All(checks, check => Assert.True(check.GetProperty("pass").GetBoolean(), output));
        Assert.All(PartsOfW3, part => Assert.Contains(checks, check => check.GetProperty("name").GetString()!.StartsWith(part, StringComparison.Ordinal)));
    }
}
