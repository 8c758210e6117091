using System.Text.Json;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Rosud.Hosting;

namespace Rosud.Mcp;

/// <summary>How tests talk to a host's MCP server: as any client does, through the client of the protocol's own library.</summary>
internal static class ToolCalls
{
    public static Task<McpClient> Connect(HostProcess host, string? key = null) => Connect(host.Url, key);

    public static Task<McpClient> Connect(string url, string? key = null) => McpClient.CreateAsync(new HttpClientTransport(new()
    {
        Endpoint = new($"{url}/mcp"),
        TransportMode = HttpTransportMode.StreamableHttp,
        AdditionalHeaders = key is null ? null : new Dictionary<string, string> { ["Authorization"] = $"Bearer {key}" },
    }));

    /// <summary>Calls a tool with arguments as JSON.</summary>
    public static async Task<ToolAnswer> Call(this McpClient client, string tool, string arguments)
    {
        var result = await client.CallToolAsync(new CallToolRequestParams { Name = tool, Arguments = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(arguments) });
        Assert.Equal(result.StructuredContent!.Value.GetRawText(), JsonSerializer.Serialize(JsonDocument.Parse(Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text).RootElement));
        return new(result.IsError == true, result.StructuredContent.Value);
    }
}

/// <summary>What a tool answered.</summary>
internal sealed record ToolAnswer(bool IsError, JsonElement Json)
{
    public string? this[string member] => Json.GetProperty(member).ToString();

    public string Problem => IsError ? this["type"]!["urn:rosud:problem:".Length..] : "";
}
