using System.Text.Json;
using Rosud.Hosting;

namespace Rosud.Benchmarks;

/// <summary>Each figure's workload once as a process, quick: that it measures all it promises, not how well Rosud does on a busy machine.</summary>
public sealed class QuickRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rosud-quick-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("W5")]
    [InlineData("W6")]
    [InlineData("supervision")]
    public async Task A_quick_run_measures_every_goal_and_exits_by_what_it_found(string workload)
    {
        var file = Path.Combine(_folder, "report.json");

        var (code, output, _) = await BuiltProgram.Run("Benchmarks", workload, "--quick", "--seed", "7", "--json", file);

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
    public async Task Live_Stuck_and_half_open_listeners_are_cut_and_resume_and_the_others_miss_nothing_over_one_subscription_without_polls()
    {
        var file = Path.Combine(_folder, "report.json");

        var (_, output, _) = await BuiltProgram.Run("Benchmarks", "listeners", "--quick", "--seed", "7", "--json", file);

        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        var checks = report.RootElement.GetProperty("checks").EnumerateArray().ToList();
        Assert.Equal(8, checks.Count);
        Assert.All(checks.Where(check => check.GetProperty("unit").GetString() is not ("ms" or "s")), check => Assert.True(check.GetProperty("pass").GetBoolean(), output));
    }
}
