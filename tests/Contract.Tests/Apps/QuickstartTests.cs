using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Apps;

/// <summary>The code of docs/quickstart/dotnet.md and of README: each block is a region here or the program of samples/quickstart, so it compiles and runs as it stands.</summary>
public sealed partial class QuickstartTests(RosudHost host) : IClassFixture<RosudHost>
{
    [Fact]
    public async Task The_quickstart_does_what_it_says()
    {
        // A folder of its own: the silo's settings lie in the tests' one.
        using var folder = new EmptyFolder();
        var work = Worked([$"--contentRoot={folder.Path}", $"--Rosud:Client:Gateways:0={host.Process.Gateway}", $"--Orleans:ClusterId={host.Process.Cluster}", "--urls=http://127.0.0.1:0"]);
        var (price, said) = await work.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(999, price);
        Assert.Contains("price: read at v1, now v2", said);
        Assert.Contains("v1 client: price", said);
        Assert.Contains("Completed: book by train", said);
        Assert.Contains(said, line => line.StartsWith("/task/steps/0/agent", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("docs/quickstart/dotnet.md")]
    [InlineData("README.md")]
    public void Every_block_of_code_is_a_region_of_these_tests_or_a_whole_program(string document)
    {
        var root = Root();
        string[] files = ["QuickstartTests.cs", "InSiloTests.cs"];
        var regions = files.SelectMany(file => Region().Matches(File.ReadAllText(Path.Combine(root, "tests/Contract.Tests/Apps", file)))).Select(region => Plain(region.Groups[1].Value))
            .Append(Plain(File.ReadAllText(Path.Combine(root, "samples/quickstart/Program.cs")))).ToList();
        var sample = Plain(File.ReadAllText(Path.Combine(root, "samples/host/Program.cs")));
        var blocks = Block().Matches(File.ReadAllText(Path.Combine(root, document))).Select(block => Plain(block.Groups[1].Value)).ToList();

        Assert.NotEmpty(blocks);
        Assert.All(blocks.Where(block => !sample.EndsWith(block, StringComparison.Ordinal)), block => Assert.Contains(block, regions));
    }

    [Theory]
    [InlineData("python", "docs/quickstart/python.md")]
    [InlineData("js", "docs/quickstart/javascript.md")]
    public void What_README_shows_of_a_language_is_in_its_quickstart_which_its_clients_tests_run(string language, string document)
    {
        var shown = Blocks("README.md", language);

        Assert.NotEmpty(shown);
        Assert.Subset(Blocks(document, language), shown);
    }

    [Fact]
    public async Task The_lines_to_try_do_what_they_say()
    {
        var script = Blocks("README.md", "bash").Where(block => block.Contains("curl", StringComparison.Ordinal)).OrderByDescending(block => block.StartsWith("api=", StringComparison.Ordinal));
        var lines = string.Join("\n", script).Replace("http://127.0.0.1:5080", host.Process.Url, StringComparison.Ordinal);
        await using var bash = SampleProcess.Start("bash", ["-c", $"{lines}\nkill %1; wait"]);

        await bash.Exit();

        Assert.Contains("urn:rosud:problem:stale-context", bash.Said, StringComparison.Ordinal);
        Assert.Contains("event: commit", bash.Said, StringComparison.Ordinal);
        Assert.Contains("train or plane?", bash.Said[bash.Said.IndexOf("\"assignments\"", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    internal static HashSet<string> Blocks(string document, string language) =>
        [.. Regex.Matches(File.ReadAllText(Path.Combine(Root(), document)), $"```{language}\n(.*?)\n```", RegexOptions.Singleline).Select(block => Plain(block.Groups[1].Value))];

    private static async Task<(int Price, List<string> Said)> Worked(string[] args)
    {
        var lines = new List<string>();
        Console.Lines = lines;

        #region app
        var booker = new AgentSpec { Reads = ["price"], Writes = ["booking.*"] };
        var builder = WebApplication.CreateBuilder(args);
        builder.AddRosudClient();
        builder.AddRosudAgent("booker", Book, booker);
        var app = builder.Build();
        app.MapHealthChecks("/health");
        await app.StartAsync();
        var cancellationToken = app.Lifetime.ApplicationStopping;
        var rosud = app.Services.GetRequiredService<IRosudClient>();
        await rosud.Agents.Register("booker", booker, cancellationToken);   // Its worker does so too, soon; from here on tasks may name it.
        #endregion

        #region channel
        var channel = await rosud.Channels.Create(agents: ["booker"], sync: new ContextSync { StalenessThreshold = TimeSpan.Zero });
        await channel.Commit([ContextWrite.Set("price", 100)]);
        #endregion

        #region stale
        var seen = await channel.Read();
        await channel.Commit([ContextWrite.Set("price", 999)], writer: "market");
        var late = await channel.Commit([ContextWrite.Set("decision", "buy")], basedOn: seen.Version, reads: ["price"]);
        if (late is PatchOutcome.Stale stale)
        {
            foreach (var key in stale.Keys) Console.WriteLine($"{key.Key}: read at {key.Read}, now {key.Current}");
        }
        #endregion

        #region watch
        await foreach (var item in channel.Watch(after: ContextVersion.None, cancellationToken))
        {
            if (item is FeedItem.Commit { Change: var change })
            {
                Console.WriteLine($"{change.Version} {change.Origin.Writer}: {string.Join(", ", change.Writes.Select(write => write.Key))}");
                if (change.Version.Number == 2) break;
            }
            else if (item is FeedItem.Gap gap)
            {
                Console.WriteLine($"Read the context again at {gap.Head}: {gap.Reason}.");
            }
        }
        #endregion

        #region coordinate
        var task = new CoordinationTask
        {
            Goal = "Book the trip",
            Outputs = ["booking.*"],
            Steps = [new() { Id = "book", Agent = "booker", Reads = ["price"], Writes = ["booking.*"] }],
        };
        var result = await channel.Coordinate(task, timeout: TimeSpan.FromSeconds(20), onStaleContext: OnStaleContext.RetryWithFresh, cancellationToken);
        Console.WriteLine($"{result.Status}: {result.Outputs[0].Value.As<string>()}");
        #endregion

        #region refusal
        try
        {
            await channel.Coordinate(task with { Steps = [new() { Id = "book", Agent = "nobody", Writes = ["booking.*"] }] }, cancellationToken: cancellationToken);
        }
        catch (RefusedException refused)
        {
            foreach (var error in refused.Problem.Errors) Console.WriteLine($"{error.Pointer}: {error.Message}");
        }
        #endregion

        var price = (await channel.Read(["price"], cancellationToken)).Value<int>("price");
        await app.StopAsync();
        await app.DisposeAsync();
        return (price, lines);

        #region agent
        static async Task<Completion> Book(IAgentWork work, CancellationToken stopped)
        {
            var price = work.Assignment.Context.Value<int>("price");
            await work.Publish([ContextWrite.Set("booking.offer", price)]);   // Whoever reads it starts now.
            var way = await CheapestWay(price, stopped);                      // Cancelled when the price changes meanwhile.
            return new Completion { Writes = [ContextWrite.Set("booking.offer", price), ContextWrite.Set("booking.choice", $"book by {way}")], Usage = new(InputTokens: 900, OutputTokens: 80) };
        }

        static Task<string> CheapestWay(int price, CancellationToken stopped) => Task.FromResult(price > 500 ? "train" : "plane");   // A model, a service, whatever decides.
        #endregion
    }

    internal static string Plain(string code)
    {
        var lines = code.Trim('\r', '\n').Split('\n').Select(line => line.TrimEnd()).ToList();
        var indent = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length > 0 ? line[indent..] : line)).Trim();
    }

    internal static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Rosud.Orleans.sln"))) folder = folder.Parent;
        return folder.FullName;
    }

    [GeneratedRegex(@"#region [a-z]+\n(.*?)\n *#endregion", RegexOptions.Singleline)]
    private static partial Regex Region();

    [GeneratedRegex(@"```csharp\n(.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex Block();

    private sealed class EmptyFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("rosud-quickstart-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }

    // In place of the system's, so that what the blocks say can be looked at.
    private static class Console
    {
        public static List<string> Lines { get; set; } = [];

        public static void WriteLine(string line) => Lines.Add(line);
    }
}
