using System.Text.Json;
using Rosud.Hosting;

namespace Rosud.Faults;

/// <summary>The program that does harm to hosts, as a process: a short round over the embedded store, and the same with a broken platform.</summary>
public sealed class FaultsCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rosud-faults-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_quick_run_finds_nothing_and_each_harm_is_noticed()
    {
        var (code, output, report) = await Run("--quick", "--seed", "7");

        Assert.True(code == 0, output);
        Assert.Contains("Nothing was violated.", output, StringComparison.Ordinal);
        Assert.Equal((7, true), (report.GetProperty("seed").GetInt32(), report.GetProperty("pass").GetBoolean()));
        Assert.Equal(["drop connections", "pause 3 s", "kill all"], report.GetProperty("episodes").EnumerateArray().Select(episode => episode.GetProperty("nemesis").GetString()));
        Assert.All(report.GetProperty("episodes").EnumerateArray(), episode => Assert.True(episode.GetProperty("bit").GetBoolean()));
        Assert.True(report.GetProperty("counts").GetProperty("accepted").GetInt32() >= 100);
    }

    [Fact]
    public async Task A_platform_that_acknowledges_before_it_is_durable_is_found()
    {
        var (code, output, report) = await Run("--quick", "--seed", "7", "--mutant", "early-answer");

        Assert.Equal(1, code);
        Assert.Contains("VIOLATED.", output, StringComparison.Ordinal);
        Assert.Contains(report.GetProperty("violations").EnumerateArray(), violation => violation.GetProperty("kind").GetString() == "Lost");
    }

    [Theory]
    [InlineData("--seconds 5", "--seconds takes 10 to 86400.")]
    [InlineData("--mutant nobody", "'nobody' not recognized")]
    [InlineData("--store file", "'file' not recognized")]
    public async Task What_makes_no_sense_is_refused_with_2_and_why(string line, string why)
    {
        var errors = new StringWriter();

        Assert.Equal(2, await FaultsCommand.Run(line.Split(' '), errors));
        Assert.Contains(why, errors.ToString(), StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output, JsonElement Report)> Run(params string[] arguments)
    {
        var file = Path.Combine(_folder, "report.json");
        var (code, output, _) = await BuiltProgram.Run("Faults", [.. arguments, "--json", file]);
        return (code, output, JsonDocument.Parse(await File.ReadAllTextAsync(file)).RootElement);
    }
}
