using Microsoft.AspNetCore.Http;

namespace Rosud.Tenants;

/// <summary>Refuses a write with a precondition that its route does not look at: the caller would take its answer for one that was checked.</summary>
internal static class Preconditions
{
    private static readonly string[] Headers = ["If-Match", "If-None-Match", "If-Unmodified-Since"];

    public static async ValueTask<object?> Filter(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method)) return await next(context);
        var request = new RequestReader(http);
        foreach (var header in Headers)
        {
            request.Require(!http.Request.Headers.ContainsKey(header) || IsRead(http, header), header, "This route has no versions that a precondition could name: leave it out.");
        }

        return request.Refusal ?? await next(context);
    }

    private static bool IsRead(HttpContext http, string header) =>
        http.GetEndpoint()!.Metadata.GetOrderedMetadata<ParameterNote>().Any(note => note.In == "header" && note.Name == header);
}
