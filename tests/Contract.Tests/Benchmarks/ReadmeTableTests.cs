using System.Text.Json.Nodes;
using Rosud.Reports;

namespace Rosud.Benchmarks;

/// <summary>The README's figures come from reports, and from nowhere else.</summary>
public sealed class ReadmeTableTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rosud-table-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_readmes_figures_are_what_the_committed_reports_say()
    {
        var root = Root();
        var reports = Directory.GetFiles(Path.Combine(root, "docs", "figures"), "*.json").Order(StringComparer.Ordinal).Select(file => JsonNode.Parse(File.ReadAllText(file))!).ToList();
        var readme = File.ReadAllText(Path.Combine(root, "README.md"));

        Assert.NotEmpty(reports);
        Assert.All(reports, report => Assert.False((bool)report["quick"]!));
        Assert.Equal(readme, ReadmeTable.Within(readme, reports));
    }

    [Fact]
    public async Task The_command_rewrites_the_marked_part_and_nothing_else()
    {
        var (readme, report) = (Path.Combine(_folder, "README.md"), Path.Combine(_folder, "W1.json"));
        await File.WriteAllTextAsync(readme, $"before\n{ReadmeTable.Begin}\nold\n{ReadmeTable.End}\nafter\n");
        await File.WriteAllTextAsync(report, Report);

        var code = await BenchmarkCommand.Run(["table", report, "--readme", readme], TextWriter.Null);

        Assert.Equal(0, code);
        Assert.Equal(
            $"""
            before
            {ReadmeTable.Begin}

            | in simulation | p50 | p95 | tokens | cost | errors | coordination overhead | agents called |
            |---|---|---|---|---|---|---|---|
            | W1, naive | 5,900 ms | 6,000 ms | 25,000 | $0.0750 | 23.1 % | 1,200 ms | 5 |
            | W1, rosud | 1,790 ms | 2,300 ms | 12,100 | $0.0391 | 5.1 % | 90 ms | 3 |

            | measured | goals kept | short |
            |---|---|---|
            | W1 | 1 of 3 | rosud: p50: 1,790 ms (≤ 1,700 ms); idle: not measured (≤ 5) |

            - W1: seed 7, agents 4 times faster than they would be, times shown as they would be; 2 cores, an EPYC, load 0.5 before and 1.5 after.

            {ReadmeTable.End}
            after

            """.ReplaceLineEndings("\n"),
            await File.ReadAllTextAsync(readme));
    }

    [Fact]
    public async Task A_readme_without_a_marked_part_stays_as_it_is()
    {
        var (readme, report) = (Path.Combine(_folder, "README.md"), Path.Combine(_folder, "W1.json"));
        await File.WriteAllTextAsync(readme, "no place for figures\n");
        await File.WriteAllTextAsync(report, Report);

        Assert.Equal(2, await BenchmarkCommand.Run(["table", report, "--readme", readme], TextWriter.Null));
        Assert.Equal("no place for figures\n", await File.ReadAllTextAsync(readme));
        Assert.Equal(2, await BenchmarkCommand.Run(["table", Path.Combine(_folder, "none.json"), "--readme", readme], TextWriter.Null));
    }

    private const string Report = """
        {"workload":"W1","quick":false,"seed":7,"load1":0.5,"load1_end":1.5,"machine":{"cores":2,"cpu":"an EPYC"},"scale":4,
         "checks":[{"name":"rosud: p95","value":2300,"goal":2400,"unit":"ms","pass":true,"bound":"at_most"},
                   {"name":"rosud: p50","value":1790,"goal":1700,"unit":"ms","pass":false,"bound":"at_most"},
                   {"name":"idle","value":null,"goal":5,"unit":"","pass":false,"bound":"at_most","not_run":"There is no Redis."}],
         "arms":{"rosud":{"p50_ms":1790,"p95_ms":2300,"tokens_mean":12100,"cost_usd_mean":0.0391,"error_rate":0.051,"overhead_ms_mean":90,"fired_mean":3},
                 "naive":{"p50_ms":5900,"p95_ms":6000,"tokens_mean":25000,"cost_usd_mean":0.075,"error_rate":0.231,"overhead_ms_mean":1200,"fired_mean":5}}}
        """;

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Rosud.Orleans.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
