using Microsoft.Playwright;

namespace Rosud.Page;

/// <summary>The live page in a real Chromium: Debian's, so that nothing is downloaded.</summary>
public sealed class ConsolePageTests(RosudHost host) : IClassFixture<RosudHost>
{
    internal static readonly string[] Flags =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    [Fact]
    public async Task The_page_shows_a_commit_when_it_happens_and_renders_values_as_text()
    {
        var channel = await host.NewChannel();
        await host.Send("PATCH", $"/v1/channels/{channel}/context", """{"set":{"plan.scope":"first","evil":"<img src=x onerror=alert(1)>"}}""");
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = Flags });
        var page = await browser.NewPageAsync();
        var faults = new List<string>();
        page.PageError += (_, fault) => faults.Add(fault);
        page.Console += (_, message) => { if (message.Type == "error") faults.Add(message.Text); };

        await page.GotoAsync($"{host.Http.BaseAddress}console/#{channel}");
        await page.GetByRole(AriaRole.Button, new() { Name = channel, Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("#link")).ToHaveTextAsync("live");
        await Assertions.Expect(page.Locator("#context")).ToContainTextAsync("<img src=x onerror=alert(1)>");
        await host.Send("PATCH", $"/v1/channels/{channel}/context", """{"set":{"plan.scope":"second"}}""");

        await Assertions.Expect(page.Locator("#context")).ToContainTextAsync("second");
        await Assertions.Expect(page.Locator("#version")).ToHaveTextAsync("version 2");
        await Assertions.Expect(page.Locator("#events")).ToContainTextAsync("plan.scope");
        Assert.Equal(0, await page.Locator("#context img").CountAsync());
        Assert.Empty(faults);
    }

    [Fact]
    public async Task The_page_loads_nothing_from_elsewhere()
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = Flags });
        var page = await browser.NewPageAsync();
        var elsewhere = new List<string>();
        page.Request += (_, request) => { if (!request.Url.StartsWith(host.Http.BaseAddress!.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal)) elsewhere.Add(request.Url); };

        await page.GotoAsync($"{host.Http.BaseAddress}console");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Rosud");
        await page.GotoAsync($"{host.Http.BaseAddress}docs");

        Assert.Empty(elsewhere);
    }
}
