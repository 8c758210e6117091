using Microsoft.Playwright;
using Rosud.Hosting;
using Rosud.Page;

namespace Rosud.Apps;

/// <summary>The samples, as somebody who tries them would: processes of their own, a browser, a host that is killed.</summary>
public sealed class SampleTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rosud-samples-").FullName;
    private HostProcess _host = null!;

    private string Cluster => $"--Orleans:ClusterId={Path.GetFileName(_folder).ToLowerInvariant()}";

    private string[] Client => [$"--Rosud:Client:Gateways:0={_host.Gateway}", Cluster];

    public async Task InitializeAsync() => _host = await HostProcess.Start(_folder, Cluster);

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_board_shows_changes_in_the_browser_as_they_happen_also_after_its_silo_was_killed()
    {
        var url = $"http://127.0.0.1:{FreePort.Next()}";
        await using var board = SampleProcess.DotNet("Board", [.. Client, $"--urls={url}"]);
        await board.Says("Application started");
        using var http = new HttpClient { BaseAddress = new(url) };
        Assert.Equal(400, await Post(http, "lunch", """{"text":"soup","seen":0,"author":"Not a name"}"""));
        Assert.Equal(400, await Post(http, "no%20key", """{"text":"soup","seen":0,"author":"curl"}"""));
        Assert.Equal(400, await Post(http, "lunch", """{"text":"soup","seen":99,"author":"curl"}"""));
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = ConsolePageTests.Flags });
        var (page, other) = (await browser.NewPageAsync(), await browser.NewPageAsync());
        await page.GotoAsync(url);
        await other.GotoAsync(url);

        await Save(page, "soup");
        await Assertions.Expect(page.Locator("#said")).ToHaveTextAsync("saved");
        await Assertions.Expect(other.Locator("dd")).ToHaveTextAsync("lunch: soup (browser)");
        await _host.Kill();
        _host = await HostProcess.Start(_host.Ports, _folder, Cluster);
        await Save(other, "salad");
        await Assertions.Expect(page.Locator("dd")).ToHaveTextAsync("lunch: salad (browser)", new() { Timeout = 30_000 });
        await Assertions.Expect(page.Locator("#version")).ToHaveTextAsync("v2");
    }

    [Fact]
    public async Task The_quickstarts_program_books_the_trip_also_when_it_is_started_again()
    {
        for (var time = 1; time <= 2; time++)
        {
            await using var trip = SampleProcess.DotNet("Trip", [.. Client, $"--contentRoot={_folder}", "--urls=http://127.0.0.1:0"]);
            Assert.True(await trip.Exit() == 0, trip.Said);
            Assert.Contains("Completed: book by plane", trip.Said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_agents_in_dotnet_answer_a_question_with_citations()
    {
        await using var agents = SampleProcess.DotNet("SampleAgents", [.. Client, "--urls=http://127.0.0.1:0"]);
        foreach (var agent in new[] { "planner", "researcher", "executor" }) await agents.Says($"Agent {agent} takes assignments.");
        await agents.Says("The librarian is registered");

        await using var ask = SampleProcess.DotNet("SampleAgents", ["ask", "What must a store give?", .. Client, $"--folder={Path.Combine(QuickstartTests.Root(), "docs")}"]);

        Assert.True(await ask.Exit() == 0, ask.Said);
        Assert.Contains("] operating.md:", ask.Said, StringComparison.Ordinal);
        Assert.Contains("librarian: catalogue.files", ask.Said, StringComparison.Ordinal);
        Assert.Contains("4 agents needed of 4 fired", ask.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agents_in_three_languages_work_on_one_run()
    {
        var url = ("ROSUD_URL", _host.Url);
        await using var install = SampleProcess.Start("npm", ["install", "--offline", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", "samples/agents/node"]);
        Assert.True(await install.Exit() == 0, install.Said);
        await using var planner = SampleProcess.Start("python3", ["samples/agents/python/planner.py"], url, ("PYTHONPATH", "clients/python/src"));
        await using var researcher = SampleProcess.Start("node", ["samples/agents/node/work.js", "researcher"], url);
        await using var executor = SampleProcess.DotNet("SampleAgents", [.. Client, "--urls=http://127.0.0.1:0", "--only=executor"]);
        await planner.Says("planner is ready");
        await researcher.Says("researcher");
        await executor.Says("The librarian is registered");
        await executor.Says("Agent executor takes assignments.");

        await using var ask = SampleProcess.Start("python3", ["samples/agents/python/ask.py", "What must a store give?", "--folder", "docs", "--count"], url, ("PYTHONPATH", "clients/python/src"));

        Assert.True(await ask.Exit() == 0, ask.Said);
        Assert.Contains("operating.md", ask.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("planner takes", executor.Said, StringComparison.Ordinal);
    }

    private static async Task<int> Post(HttpClient http, string note, string body)
    {
        var answer = await http.PostAsync($"/notes/{note}", new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")));
        Assert.Contains("error", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        return (int)answer.StatusCode;
    }

    private static async Task Save(IPage page, string text)
    {
        await page.GetByLabel("Text").FillAsync(text);
        await page.GetByRole(AriaRole.Button).ClickAsync();
    }
}
