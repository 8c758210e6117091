namespace Rosud.Runs;

/// <summary>Sends every task of docs/runs.md to a host: what the page says of it is what the host answers.</summary>
public sealed class RunPageTests(RosudHost host) : IClassFixture<RosudHost>
{
    private static readonly string[] Agents = ["planner", "researcher", "writer"];

    [Fact]
    public async Task Every_task_of_the_page_is_answered_as_the_page_says()
    {
        foreach (var agent in Agents)
        {
            await host.Send("PUT", $"/v1/agents/{agent}", """{"reads":["*"],"writes":["*"],"transport":{"kind":"pull"}}""");
        }

        var channel = await host.NewChannel(string.Join(',', Agents.Select(agent => $"\"{agent}\"")));
        await host.Send("PATCH", $"/v1/channels/{channel}/context", """{"set":{"question":"why?"}}""");
        var examples = Examples().ToList();
        Assert.Equal(4, examples.Count);
        foreach (var (body, said) in examples)
        {
            var answer = await host.Send("POST", $"/v1/channels/{channel}/coordinate", body, ("Prefer", "respond-async"));
            if (said.StartsWith("refused: ", StringComparison.Ordinal))
            {
                Assert.Equal((422, "contract-rejected"), (answer.Status, answer.Problem));
                var problems = answer.Json.GetProperty("problems").EnumerateArray().Select(problem => $"{problem.GetProperty("code").GetString()} {problem.GetProperty("pointer").GetString()}");
                Assert.Equal(said["refused: ".Length..], string.Join(", ", problems));
                continue;
            }

            Assert.Equal(202, answer.Status);
            await host.Send("POST", $"/v1/runs/{answer["run"]}/cancel");
        }
    }

    // Each block of JSON, with the line of text after it.
    private static IEnumerable<(string Body, string Said)> Examples()
    {
        var lines = File.ReadAllLines(Path.Combine(Root(), "docs", "runs.md"));
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i] != "```json") continue;
            var end = Array.IndexOf(lines, "```", i);
            yield return (string.Join('\n', lines[(i + 1)..end]), lines[end + 2]);
        }
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Rosud.Orleans.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
