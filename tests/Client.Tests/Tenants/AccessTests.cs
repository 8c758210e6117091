using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Rosud.Tenants;

public sealed class AccessTests : IAsyncLifetime
{
    private Edge _edge = null!;

    private static readonly string[] OperatorsOnly = ["POST /v1/agents/{agent}/supervisor/force-open", "POST /v1/agents/{agent}/supervisor/reset"];

    private static readonly string[] AgentsToo =
    [
        "GET /v1/agents/{agent}/assignments/stream", "GET /v1/channels/{channel}", "GET /v1/channels/{channel}/blame", "GET /v1/channels/{channel}/changes", "GET /v1/channels/{channel}/conflicts", "GET /v1/channels/{channel}/context", "GET /v1/channels/{channel}/diff",
        "GET /v1/channels/{channel}/events", "PATCH /v1/channels/{channel}/context", "POST /v1/agents/{agent}/assignments/release", "POST /v1/agents/{agent}/assignments/take", "POST /v1/assignments/{assignment}/complete",
        "GET /v1/assignments/{assignment}/effects/{name}", "POST /v1/assignments/{assignment}/ask", "PUT /v1/assignments/{assignment}/effects/{name}",
        "POST /v1/assignments/{assignment}/fail", "POST /v1/assignments/{assignment}/heartbeat", "POST /v1/assignments/{assignment}/publish",
    ];

    public async Task InitializeAsync() => _edge = await Edge.StartAsync(settings: new()
    {
        ["Rosud:Keys:0:Sha256"] = Hash("op"),
        ["Rosud:Keys:0:Role"] = "operator",
        ["Rosud:Keys:0:Tenant"] = "acme",
        ["Rosud:Keys:1:Sha256"] = Hash("client"),
        ["Rosud:Keys:1:Role"] = "client",
        ["Rosud:Keys:1:Tenant"] = "acme",
        ["Rosud:Keys:2:Sha256"] = Hash("planner").ToUpperInvariant(),
        ["Rosud:Keys:2:Role"] = "agent",
        ["Rosud:Keys:2:Tenant"] = "acme",
        ["Rosud:Keys:2:Agent"] = "planner",
        ["Rosud:Keys:3:Sha256"] = "zz",
        ["Rosud:Keys:3:Role"] = "operator",
    });

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]   // A route that is added later is in the matrix from its first day: its right must be said here.
    public async Task Every_route_asks_each_identity_for_its_right()
    {
        foreach (var (method, route) in Routes())
        {
            var operation = $"{method} {route}";
            Assert.Equal(401, await Status(method, route, null));
            Assert.Equal(401, await Status(method, route, "Bearer wrong"));
            Assert.Equal(401, await Status(method, route, "Basic op"));
            Assert.Equal((operation, OperatorsOnly.Contains(operation)), (operation, await Status(method, route, "Bearer client") == 403));
            Assert.Equal((operation, !AgentsToo.Contains(operation)), (operation, await Status(method, route, "Bearer planner") == 403));
            Assert.False(await Status(method, route, "Bearer op") is 401 or 403, operation);
        }
    }

    [Fact]
    public async Task A_missing_key_is_asked_for()
    {
        var answer = await _edge.Send("GET", "/v1/channels");
        Assert.Equal("Bearer realm=\"rosud\"", answer.Headers["WWW-Authenticate"]);
        Assert.Equal("unauthorized", answer.ProblemName);
        Assert.Empty(_edge.Actors.Calls);
    }

    [Theory]
    [InlineData("POST", "/v1/agents/writer/assignments/take")]
    [InlineData("GET", "/v1/agents/writer/assignments/stream")]
    [InlineData("POST", "/v1/assignments/a1.6.4.writer.plan.demo.r1/complete")]
    public async Task An_agents_key_does_not_act_for_another(string method, string path)
    {
        var answer = await _edge.Send(method, path, method == "POST" ? "{}" : null, ("Authorization", "Bearer planner"));
        Assert.Equal((403, "forbidden"), (answer.Status, answer.ProblemName));
        Assert.Empty(_edge.Actors.Calls);
    }

    [Theory]
    [InlineData("planner", "", "planner", 200)]
    [InlineData("planner", ",\"writer\":\"planner\"", "planner", 200)]
    [InlineData("planner", ",\"writer\":\"boss\"", null, 403)]
    [InlineData("client", "", "client", 200)]
    [InlineData("client", ",\"writer\":\"boss\"", "boss", 200)]
    public async Task A_write_bears_a_name_that_its_key_may_use(string key, string writer, string? expected, int status)
    {
        _edge.Actors.On<Channels.IChannelGrain>("Commit", (_, _) => Task.FromResult<Context.PatchOutcome>(new Context.PatchOutcome.Applied(new(1), Context.PatchEffect.Committed)));
        AgentWorksHere("planner", writes: "a");
        var answer = await _edge.Send("PATCH", "/v1/channels/demo/context", "{\"set\":{\"a\":1}" + writer + "}", ("Authorization", $"Bearer {key}"));
        Assert.Equal(status, answer.Status);
        if (expected is not null) Assert.Equal(expected, _edge.Actors.Argument<Context.ContextPatch>("Commit")!.Origin.Writer);
    }

    [Theory]
    [InlineData("researcher", "a", 404)]   // Another agent's channel is not there.
    [InlineData("planner", "b", 403)]      // A key outside the contract is not its to write.
    [InlineData("planner", "*", 200)]
    public async Task An_agents_key_reaches_its_channels_and_writes_its_contract_only(string member, string writes, int status)
    {
        _edge.Actors.On<Channels.IChannelGrain>("Commit", (_, _) => Task.FromResult<Context.PatchOutcome>(new Context.PatchOutcome.Applied(new(1), Context.PatchEffect.Committed)));
        AgentWorksHere(member, writes);
        var answer = await _edge.Send("PATCH", "/v1/channels/demo/context", """{"set":{"a":1}}""", ("Authorization", "Bearer planner"));
        Assert.Equal(status, answer.Status);
    }

    private void AgentWorksHere(string agent, string writes)
    {
        var channel = new Channels.ChannelView(new(new("acme"), "demo"), new() { Agents = [agent] }, new(0), default);
        var view = new Agents.AgentView(new(new("acme"), "planner"), new() { Writes = [new(writes)] }, 1, default);
        _edge.Actors.On<Channels.IChannelGrain>("Describe", (_, _) => Task.FromResult<Channels.ChannelOutcome>(new Channels.ChannelOutcome.Found(channel, false)));
        _edge.Actors.On<Agents.IAgentGrain>("Describe", (_, _) => Task.FromResult<Agents.AgentOutcome>(new Agents.AgentOutcome.Found(view, false)));
    }

    [Fact]
    public async Task The_tenant_is_the_keys()
    {
        _edge.Actors.On<Channels.IChannelGrain>("Describe", (_, _) => Task.FromResult<Channels.ChannelOutcome>(new Channels.ChannelOutcome.Refused(new(ProblemKind.NotFound, "No."))));
        await _edge.Send("GET", "/v1/channels/demo", null, ("Authorization", "Bearer client"));
        Assert.Equal("acme/demo", Assert.Single(_edge.Actors.Calls).Key);
    }

    [Fact]
    public async Task A_key_that_is_taken_away_opens_nothing_at_once_and_not_even_the_last_one_opens_the_door()
    {
        var configuration = (IConfigurationRoot)_edge.Services.GetRequiredService<IConfiguration>();
        Assert.NotEqual(401, await Status("GET", "/v1/channels", "Bearer client"));
        configuration["Rosud:Keys:1:Sha256"] = Hash("other");
        configuration.Reload();
        Assert.Equal(401, await Status("GET", "/v1/channels", "Bearer client"));
        Assert.NotEqual(401, await Status("GET", "/v1/channels", "Bearer other"));
    }

    [Fact]
    public async Task Without_any_key_everyone_is_operator_of_the_default_tenant()
    {
        await using var open = await Edge.StartAsync(actors => actors.On<Channels.IChannelGrain>(
            "Describe", (_, _) => Task.FromResult<Channels.ChannelOutcome>(new Channels.ChannelOutcome.Refused(new(ProblemKind.NotFound, "No.")))));
        Assert.Equal(404, (await open.Send("GET", "/v1/channels/demo")).Status);
        Assert.Equal("default/demo", Assert.Single(open.Actors.Calls).Key);
    }

    [Fact]
    public async Task A_key_that_cannot_be_read_does_not_leave_the_door_open()
    {
        await using var broken = await Edge.StartAsync(settings: new() { ["Rosud:Keys:0:Sha256"] = "", ["Rosud:Keys:0:Role"] = "operator" });
        Assert.Equal(401, (await broken.Send("GET", "/v1/channels")).Status);
        Assert.Equal(401, (await broken.Send("GET", "/v1/channels", null, ("Authorization", "Bearer "))).Status);
    }

    private async Task<int> Status(string method, string route, string? authorization)
    {
        var path = route.Replace("{agent}", "planner", StringComparison.Ordinal).Replace("{channel}", "demo", StringComparison.Ordinal).Replace("{network}", "default", StringComparison.Ordinal)
            .Replace("{run}", "demo.r1", StringComparison.Ordinal).Replace("{name}", "charge", StringComparison.Ordinal).Replace("{assignment}", "a1.7.4.planner.plan.demo.r1", StringComparison.Ordinal);
        var answer = await _edge.Send(method, path, method is "GET" or "DELETE" ? null : "{}", authorization is null ? [] : [("Authorization", authorization)]);
        return answer.Status;
    }

    private IEnumerable<(string Method, string Route)> Routes() =>
        from endpoint in _edge.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        where endpoint.RoutePattern.RawText!.StartsWith("/v1", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
        select (method, endpoint.RoutePattern.RawText!.TrimEnd('/'));

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
