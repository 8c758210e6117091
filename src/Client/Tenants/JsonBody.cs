using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Rosud.Context;

namespace Rosud.Tenants;

/// <summary>Reads a request's body once, as canonical JSON.</summary>
internal static class JsonBody
{
    /// <summary>The most bytes a body may have.</summary>
    public const int BytesMax = 1024 * 1024;

    private static readonly JsonValue NoMembers = JsonValue.Parse("{}");

    private static readonly ProblemError Missing = new("", "A body is required.", "missing");

    /// <summary>The body, or why it cannot be read. An absent body that is optional is an object without members.</summary>
    /// <exception cref="BadHttpRequestException">It is too large (413) or not JSON by its headers (415).</exception>
    public static async Task<(JsonValue? Json, ProblemError? Error)> ReadAsync(HttpContext http, bool optional)
    {
        var request = http.Request;
        if (request.Headers.ContentEncoding.Count > 0) throw new BadHttpRequestException("A Content-Encoding is not supported.", 415);
        if (request.ContentLength > BytesMax) throw new BadHttpRequestException("The body is too large.", 413);
        var has = http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? request.ContentLength != 0;
        var bytes = has ? await ReadAllAsync(request.BodyReader, http.RequestAborted) : [];
        if (bytes.Length == 0) return optional ? (NoMembers, null) : (null, Missing);
        if (!IsJson(request.ContentType)) throw new BadHttpRequestException("The body must be application/json.", 415);
        return JsonValue.TryParse(bytes, out var json, out var error) ? (json, null) : (null, error);
    }

    private static async Task<byte[]> ReadAllAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (read.Buffer.Length > BytesMax) throw new BadHttpRequestException("The body is too large.", 413);
            if (read.IsCompleted)
            {
                var bytes = new byte[read.Buffer.Length];
                var rest = bytes.AsSpan();
                foreach (var segment in read.Buffer)
                {
                    segment.Span.CopyTo(rest);
                    rest = rest[segment.Length..];
                }

                reader.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase));
}
