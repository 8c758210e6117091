using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Runs;

namespace Rosud.Apps;

/// <summary>Hosts of one's own with agents in their silo: the sample, as a process, and an ASP.NET app that becomes a silo. The region is a block of docs/quickstart/dotnet.md.</summary>
public sealed class InSiloTests : IDisposable
{
    private static readonly string[] Pricer = ["pricer"];

    private readonly string _folder = Directory.CreateTempSubdirectory("rosud-own-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_sample_host_has_its_agent_registered_when_it_serves()
    {
        var url = $"http://127.0.0.1:{FreePort.Next()}";
        await using var host = SampleProcess.DotNet("TeamHost", Settings(url));
        await host.Says("Rosud is ready.");
        using var http = new HttpClient { BaseAddress = new(url) };

        await http.PostAsJsonAsync("/v1/channels", new { id = "shop", agents = Pricer });
        await http.PatchAsJsonAsync("/v1/channels/shop/context", new { set = new Dictionary<string, int> { ["order.pieces"] = 4 } });
        var answer = await http.PostAsync("/v1/channels/shop/coordinate", new StringContent(
            """{"task":{"goal":"a quote","outputs":["quote.*"],"steps":[{"id":"price","agent":"pricer","reads":["order.pieces"],"writes":["quote.*"]}]}}""",
            new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")));

        var result = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("completed", result.GetProperty("status").GetString());
        Assert.Equal(90m, result.GetProperty("outputs").GetProperty("quote.total").GetDecimal());
        Assert.Equal("in_process", (await http.GetFromJsonAsync<JsonElement>("/v1/agents/pricer")).GetProperty("transport").GetProperty("kind").GetString());
    }

    [Fact]
    public async Task An_app_that_becomes_a_silo_coordinates_its_agents_as_soon_as_it_has_started()
    {
        string[] args = [$"--contentRoot={_folder}", "--Logging:LogLevel:Default=Warning", .. Settings("http://127.0.0.1:0")];

        #region silo
        var builder = WebApplication.CreateBuilder(args);
        builder.AddRosudSilo();
        builder.Services.AddRosudAgent("booker", new AgentSpec { Reads = ["price"], Writes = ["booking.*"] }, Book);
        var app = builder.Build();
        app.MapRosudSilo();
        await app.StartAsync();
        var rosud = app.Services.GetRequiredService<IRosudClient>();
        #endregion

        await using var stopped = app;
        var channel = await rosud.Channels.Create(agents: ["booker"]);
        await channel.Commit([ContextWrite.Set("price", 100)]);
        var result = await channel.Coordinate(new CoordinationTask
        {
            Goal = "Book the trip",
            Outputs = ["booking.*"],
            Steps = [new() { Id = "book", Agent = "booker", Reads = ["price"], Writes = ["booking.*"] }],
        });
        using var http = new HttpClient { BaseAddress = new(app.Urls.First()) };

        Assert.Equal((RunStatus.Completed, "for 100"), (result.Status, result.Outputs[0].Value.As<string>()));
        Assert.Equal(2, (await http.GetFromJsonAsync<JsonElement>($"/v1/channels/{channel.Id}/context")).GetProperty("version").GetInt32());
        Assert.Contains("\"agents\":\"registered\"", await http.GetStringAsync("/health/ready"), StringComparison.Ordinal);
        Assert.Contains("<title>", await http.GetStringAsync("/console/"), StringComparison.Ordinal);
        await app.StopAsync();

        static Task<Completion> Book(IAgentWork work, CancellationToken stopped) =>
            Task.FromResult(new Completion { Writes = [ContextWrite.Set("booking.choice", $"for {work.Assignment.Context.Value<int>("price")}")] });
    }

    [Fact]
    public void What_is_not_added_cannot_be_mapped() =>
        Assert.Contains("AddRosudSilo", Assert.Throws<InvalidOperationException>(() => WebApplication.CreateSlimBuilder().Build().MapRosudSilo()).Message, StringComparison.Ordinal);

    [Fact]
    public void An_app_that_other_machines_could_reach_without_a_key_is_refused()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = _folder });
        builder.Configuration.AddInMemoryCollection([new("urls", "http://0.0.0.0:0")]);

        Assert.StartsWith("Rosud:Keys is empty", Assert.ThrowsAny<InvalidOperationException>(() => builder.AddRosudSilo()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_line_of_README_is_the_sample() =>
        Assert.Contains(
            QuickstartTests.Blocks("README.md", "csharp"),
            block => QuickstartTests.Plain(File.ReadAllText(Path.Combine(QuickstartTests.Root(), "samples/host/Program.cs"))).EndsWith(block, StringComparison.Ordinal));

    private string[] Settings(string url) =>
    [
        $"--urls={url}", $"--Rosud:DataPath={_folder}/data", $"--Orleans:ClusterId={Path.GetFileName(_folder).ToLowerInvariant()}",
        $"--Orleans:Endpoints:SiloPort={FreePort.Next()}", $"--Orleans:Endpoints:GatewayPort={FreePort.Next()}",
    ];
}
