using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Rosud.Mcp;

/// <summary>Who may call which tool: each key as over HTTP.</summary>
public sealed class ToolRightsTests : IAsyncLifetime
{
    private readonly RosudHost _host = new() { Settings = [.. Key(0, "client", "acme", "client"), .. Key(1, "agent", "acme", "agent", "booker"), .. Key(2, "other", "zeta", "operator")] };

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_key_reaches_with_the_tools_what_it_reaches_over_HTTP()
    {
        await using var client = await ToolCalls.Connect(_host.Process, "client");
        await using var agent = await ToolCalls.Connect(_host.Process, "agent");
        await using var other = await ToolCalls.Connect(_host.Process, "other");
        (string, string)[] asClient = [("Authorization", "Bearer client")];
        await _host.Send("PUT", "/v1/agents/booker", """{"reads":["price"],"writes":["booking.*"]}""", asClient[0]);
        await _host.Send("POST", "/v1/channels", """{"id":"trip","agents":["booker"]}""", asClient[0]);
        await _host.Send("POST", "/v1/channels", """{"id":"secret"}""", asClient[0]);

        Assert.Equal("committed", (await client.Call("commit_context", """{"channel":"trip","set":{"price":1}}"""))["outcome"]);
        Assert.Equal("booker", (await Committed(agent, "booking.made")).Json.GetProperty("entries").GetProperty("booking.made").GetProperty("writer").GetString());
        Assert.Equal("forbidden", (await agent.Call("commit_context", """{"channel":"trip","set":{"price":2}}""")).Problem);
        Assert.Equal("forbidden", (await agent.Call("commit_context", """{"channel":"trip","set":{"booking.x":2},"writer":"planner"}""")).Problem);
        Assert.Equal("not-found", (await agent.Call("get_context", """{"channel":"secret"}""")).Problem);
        Assert.Equal("forbidden", (await agent.Call("coordinate", """{"channel":"trip","task":{"goal":"g"}}""")).Problem);
        Assert.Equal("forbidden", (await agent.Call("coordinate", """{"nonsense":1}""")).Problem);
        Assert.Equal("forbidden", (await agent.Call("run_status", """{"run":"trip.r1"}""")).Problem);
        Assert.Equal("forbidden", (await agent.Call("verdict", "{}")).Problem);
        Assert.Equal("not-found", (await other.Call("get_context", """{"channel":"trip"}""")).Problem);
        Assert.Equal("not-found", (await other.Call("commit_context", """{"channel":"trip","set":{"price":3}}""")).Problem);
        Assert.Equal("1", (await client.Call("get_context", """{"channel":"trip","keys":["price"]}""")).Json.GetProperty("entries").GetProperty("price").GetProperty("value").ToString());
    }

    [Fact]
    public async Task Without_a_good_key_nothing_is_said()
    {
        foreach (var headers in new (string, string)[][] { [], [("Authorization", "Bearer wrong")] })
        {
            var answer = await _host.Send("POST", "/mcp", """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", headers);
            Assert.Equal((401, "unauthorized"), (answer.Status, answer.Problem));
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp");
        Assert.Equal("Bearer", Assert.Single((await _host.Http.SendAsync(request)).Headers.WwwAuthenticate).Scheme);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Assert.ThrowsAsync<HttpRequestException>(() => ToolCalls.Connect(_host.Process))).StatusCode);
    }

    private static async Task<ToolAnswer> Committed(ModelContextProtocol.Client.McpClient client, string key)
    {
        await client.Call("commit_context", $$$"""{"channel":"trip","set":{"{{{key}}}":true}}""");
        return await client.Call("get_context", """{"channel":"trip"}""");
    }

    private static string[] Key(int number, string key, string tenant, string role, string? agent = null) =>
    [
        $"--Rosud:Keys:{number}:Sha256={Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}",
        $"--Rosud:Keys:{number}:Tenant={tenant}",
        $"--Rosud:Keys:{number}:Role={role}",
        .. agent is null ? Array.Empty<string>() : [$"--Rosud:Keys:{number}:Agent={agent}"],
    ];
}
