using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using Rosud.Tenants;

namespace Rosud.A2A;

/// <summary>What all of the protocol's requests and answers have in common.</summary>
internal static class Protocol
{
    public const string Version = "1.0";
    public const string ContentType = "application/a2a+json";

    /// <summary>Members in camelCase, and those without a value left out.</summary>
    public static JsonSerializerOptions Json { get; } = new(Wire.Json) { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Refuses other versions; one that does not say its version is older. The protocol's own name of JSON is read as JSON.</summary>
    public static ValueTask<object?> Filter(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var request = context.HttpContext.Request;
        var version = request.Headers["A2A-Version"].FirstOrDefault() ?? request.Query["A2A-Version"].FirstOrDefault();
        if (version != Version) return new(RpcError.Of(400, "VERSION_NOT_SUPPORTED", $"Only version {Version} is spoken here. Send the header A2A-Version: {Version}."));
        if (MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals(ContentType, StringComparison.OrdinalIgnoreCase)) request.ContentType = "application/json";
        return next(context);
    }

    public static JsonHttpResult<T> Answer<T>(T document) => TypedResults.Json(document, Json, ContentType);
}
