using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using ModelContextProtocol;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Mcp;

/// <summary>Lets only messages through that are strict JSON of at most 1 MiB, as every body of the API, and of their calls only such as name a tool.</summary>
internal static class MessageCheck
{
    private static readonly ProblemError NoCall = new("/params", "A call needs params with the tool's name, a text, and arguments, an object.");

    public static async ValueTask<object?> Filter(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var (json, error) = await JsonBody.ReadAsync(http, optional: false);
        if (json is null) return Error(null, McpErrorCode.ParseError, error!, 400);
        using var message = JsonDocument.Parse(json.Utf8);
        if (IsCall(message.RootElement) && !NamesTool(message.RootElement)) return Error(IdOf(message.RootElement), McpErrorCode.InvalidParams, NoCall, 200);
        http.Request.Body = new MemoryStream(json.Utf8.ToArray());
        return await next(context);
    }

    private static bool IsCall(JsonElement message) =>
        message.ValueKind == JsonValueKind.Object && message.TryGetProperty("method", out var method) && method.ValueKind == JsonValueKind.String && method.ValueEquals("tools/call");

    private static bool NamesTool(JsonElement message) =>
        message.TryGetProperty("params", out var call) && call.ValueKind == JsonValueKind.Object
        && call.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String
        && (!call.TryGetProperty("arguments", out var arguments) || arguments.ValueKind is JsonValueKind.Object or JsonValueKind.Null);

    private static JsonValue? IdOf(JsonElement message) =>
        message.TryGetProperty("id", out var id) && id.ValueKind is JsonValueKind.String or JsonValueKind.Number ? JsonValue.Trusted(JsonMarshal.GetRawUtf8Value(id).ToArray()) : null;

    private static JsonHttpResult<ErrorBody> Error(JsonValue? id, McpErrorCode code, ProblemError error, int status) =>
        TypedResults.Json(new ErrorBody(id, new((int)code, error.Message, FaultBody.Of(error))), Wire.Json, statusCode: status);

    private sealed record ErrorBody(JsonValue? Id, ErrorDetailBody Error)
    {
        public string Jsonrpc { get; } = "2.0";
    }

    private sealed record ErrorDetailBody(int Code, string Message, FaultBody Data);
}
