using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Rosud.Hosting;

namespace Rosud.Mcp;

/// <summary>Lists and calls the tools, for one request.</summary>
internal static class ToolServer
{
    private const string Instructions = """
        Rosud coordinates AI agents. A channel holds a shared, versioned context of keys and values; runs are tasks that its agents work on.
        Read with get_context, change with commit_context on the version that you read, and give work to the agents with coordinate.
        A refusal is a problem with type, title and detail, and with every fault where there are several; nothing was done.
        """;

    /// <summary>Makes the server of <paramref name="http"/>'s one message.</summary>
    public static Task Configure(HttpContext http, McpServerOptions options, CancellationToken cancellationToken)
    {
        options.ServerInfo = new() { Name = "rosud", Title = "Rosud", Version = typeof(RosudMcp).Assembly.GetName().Version!.ToString(3) };
        options.ServerInstructions = Instructions;
        options.Handlers.ListToolsHandler = async (_, stop) => new() { Tools = await http.RequestServices.GetRequiredService<ToolSchemas>().Tools(stop) };
        options.Handlers.CallToolHandler = (call, stop) => Call(http, call.Params, stop);
        return Task.CompletedTask;
    }

    private static async ValueTask<CallToolResult> Call(HttpContext http, CallToolRequestParams asked, CancellationToken cancellationToken)
    {
        var tool = Tool.All.FirstOrDefault(tool => tool.Name == asked.Name)
            ?? throw new McpProtocolException($"There is no such tool. Known here: {string.Join(", ", Tool.All.Select(tool => tool.Name))}.", McpErrorCode.InvalidParams);
        var arguments = AsSent(asked.Arguments ?? new Dictionary<string, JsonElement>());
        var answer = await http.RequestServices.GetRequiredService<RouteCalls>().Call(http, tool.Method, tool.Route, inside => ToolRequest.Aim(tool, arguments, inside), cancellationToken);
        return new()
        {
            Content = [new TextContentBlock { Text = answer.Body.GetRawText() }],
            StructuredContent = answer.Body,
            IsError = answer.Status >= 400,
        };
    }

    // The library escapes all but ASCII: what was sent could have become many times as long, and too long.
    private static byte[] AsSent(IDictionary<string, JsonElement> arguments)
    {
        var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in arguments)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return json.ToArray();
    }
}
