using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Rosud.Hosting;
using Rosud.Networks;
using Rosud.Tenants;

namespace Rosud.Mcp;

/// <summary>Turns the arguments of a tool into the request that its route reads.</summary>
internal static class ToolRequest
{
    private const string IdempotencyKey = "idempotency_key";
    private const string Wait = "wait_ms";

    /// <summary>Checks the arguments, one JSON object, and puts each where the route looks for it.</summary>
    /// <returns>Why the arguments are refused; null when they are good so far.</returns>
    public static async Task<IResult?> Aim(Tool tool, byte[] json, HttpContext http)
    {
        RouteCalls.SetBody(http, json);
        var request = new RequestReader(http);
        await tool.Check(request);
        if (request.Refusal is { } refusal) return refusal;
        using var arguments = JsonDocument.Parse(request.Body.Utf8);
        var rest = arguments.RootElement.EnumerateObject().Where(argument => argument.Value.ValueKind != JsonValueKind.Null && !TryRoute(tool, http, argument)).ToList();
        http.Request.RouteValues.TryAdd("network", NetworkId.DefaultName);   // Of what paths have, only this may be left out.
        if (tool.Arguments == typeof(CoordinateArguments) && !http.Request.Headers.ContainsKey("Prefer")) Prefer(http, CoordinateArguments.WaitMsDefault);
        if (tool.Method == HttpMethods.Get) Query(http, rest);
        else Body(http, rest);
        return null;
    }

    private static bool TryRoute(Tool tool, HttpContext http, JsonProperty argument)
    {
        if (argument.Name == IdempotencyKey) http.Request.Headers["Idempotency-Key"] = argument.Value.GetString();
        else if (argument.Name == Wait) Prefer(http, argument.Value.GetInt32());
        else if (tool.Route.Contains($"{{{argument.Name}}}", StringComparison.Ordinal)) http.Request.RouteValues[argument.Name] = argument.Value.GetString();
        else return false;
        return true;
    }

    private static void Prefer(HttpContext http, int waitMs) => http.Request.Headers["Prefer"] = waitMs == 0
        ? "respond-async"
        : string.Create(CultureInfo.InvariantCulture, $"wait={(waitMs + 999) / 1000}");

    private static void Query(HttpContext http, List<JsonProperty> arguments)
    {
        var query = new QueryBuilder();
        foreach (var argument in arguments)
        {
            query.Add(argument.Name, argument.Value.ValueKind == JsonValueKind.Array ? argument.Value.EnumerateArray().Select(element => element.ToString()) : [argument.Value.ToString()]);
        }

        http.Request.QueryString = query.ToQueryString();
        RouteCalls.SetBody(http, []);
    }

    // As the caller wrote it: an equal task, sent in another way, joins the same run.
    private static void Body(HttpContext http, List<JsonProperty> arguments)
    {
        var body = new MemoryStream();
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            foreach (var argument in arguments)
            {
                writer.WritePropertyName(argument.Name);
                writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(argument.Value), skipInputValidation: true);
            }

            writer.WriteEndObject();
        }

        RouteCalls.SetBody(http, body.ToArray());
    }
}
