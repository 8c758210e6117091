using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rosud.Mcp;

namespace Rosud.Apps;

/// <summary>An app of its own that is a client of a cluster, with and without Rosud's HTTP contract in it.</summary>
public sealed class EmbeddedHttpTests(RosudHost host) : IClassFixture<RosudHost>
{
    [Fact]
    public async Task An_app_that_maps_it_serves_the_contract_and_the_page_from_another_process()
    {
        await using var app = await Start(app => app.MapRosud().MapRosudConsole());
        using var http = Client(app);
        var channel = await host.NewChannel();

        var patched = await http.PatchAsJsonAsync($"/v1/channels/{channel}/context", new { set = new { price = 100 } });
        using var events = await http.GetAsync($"/v1/channels/{channel}/events?after=0", HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await events.Content.ReadAsStreamAsync());
        var line = "";

        Assert.Equal(200, (int)patched.StatusCode);
        Assert.Equal("100", (await host.Send("GET", $"/v1/channels/{channel}/context")).Json.GetProperty("entries").GetProperty("price").GetProperty("value").ToString());
        while (line is not "id: 1") line = await lines.ReadLineAsync() ?? throw new EndOfStreamException();
        Assert.Contains("<title>", await http.GetStringAsync("/console/"), StringComparison.Ordinal);
        Assert.Contains("\"/v1/channels/{channel}/context\"", await http.GetStringAsync("/openapi/v1.json"), StringComparison.Ordinal);
        Assert.Equal("application/problem+json", (await http.GetAsync("/v1/nothing")).Content.Headers.ContentType?.MediaType);
        Assert.Equal(403, await StatusFor(http, "elsewhere.example"));
    }

    [Fact]
    public async Task An_app_that_maps_the_tools_serves_them_from_another_process()
    {
        await using var app = await Start(app => app.MapRosud().MapRosudMcp(), services => services.AddRosudMcp());
        await using var client = await ToolCalls.Connect(app.Urls.First());
        var channel = await host.NewChannel();

        await client.Call("commit_context", $$$"""{"channel":"{{{channel}}}","set":{"price":100}}""");

        Assert.Equal("100", (await host.Send("GET", $"/v1/channels/{channel}/context")).Json.GetProperty("entries").GetProperty("price").GetProperty("value").ToString());
    }

    [Fact]
    public async Task An_app_that_does_not_map_it_is_not_changed_by_it()
    {
        await using var app = await Start(
            app =>
            {
                app.MapPost("/own", (Own own) => own);
                app.MapGet("/mine", () => "secret").RequireAuthorization();
            },
            services => services.AddAuthentication().AddCookie());
        using var http = Client(app);

        var answer = await http.PostAsync("/own", new StringContent("""{"someName":"a","unknown":1}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")));

        Assert.Equal("a", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("someName").GetString());
        Assert.Equal(404, await StatusFor(http, "elsewhere.example"));
        Assert.Equal(404, (int)(await http.GetAsync("/v1/channels")).StatusCode);
        Assert.StartsWith("/Account/Login", (await http.GetAsync("/mine")).RequestMessage!.RequestUri!.PathAndQuery, StringComparison.Ordinal);
    }

    [Fact]
    public void Mapping_without_adding_says_what_is_missing() =>
        Assert.Contains("AddRosudClient", Assert.Throws<InvalidOperationException>(() => ((IEndpointRouteBuilder)WebApplication.CreateSlimBuilder().Build()).MapRosud()).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Mapping_the_tools_says_what_is_missing()
    {
        Assert.Contains("MapRosud", (await Assert.ThrowsAsync<InvalidOperationException>(() => Start(app => app.MapRosudMcp(), services => services.AddRosudMcp()))).Message, StringComparison.Ordinal);
        Assert.Contains("AddRosudMcp", (await Assert.ThrowsAsync<InvalidOperationException>(() => Start(app => app.MapRosud().MapRosudMcp()))).Message, StringComparison.Ordinal);
    }

    private async Task<WebApplication> Start(Action<WebApplication> map, Action<IServiceCollection>? add = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath(), Args = [$"--Orleans:ClusterId={host.Process.Cluster}", "--urls=http://127.0.0.1:0"] });
        builder.Logging.ClearProviders();
        builder.AddRosudClient(options => options.Gateways.Add(host.Process.Gateway));
        add?.Invoke(builder.Services);
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return app;
    }

    private static HttpClient Client(WebApplication app) => new() { BaseAddress = new(app.Urls.First()) };

    private static async Task<int> StatusFor(HttpClient http, string hostName)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/channels") { Headers = { Host = hostName } };
        return (int)(await http.SendAsync(request)).StatusCode;
    }

    internal sealed record Own(string SomeName);
}
