using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Rosud.Mcp;

/// <summary>Calls routes of this app as the caller of a tool: they know who may do what, what is wrong and how much fits, so that no tool has to.</summary>
internal sealed class RouteCalls(EndpointDataSource endpoints)
{
    private RequestDelegate? _pipeline;

    /// <summary>What surrounds each call, as it surrounds requests from outside.</summary>
    public void GoThrough(IApplicationBuilder pipeline)
    {
        pipeline.Run(static http => http.GetEndpoint()!.RequestDelegate!(http));
        _pipeline = pipeline.Build();
    }

    /// <summary>Calls the route of <paramref name="tool"/>.</summary>
    /// <param name="tool">The tool.</param>
    /// <param name="arguments">Its arguments, one JSON object.</param>
    /// <param name="outside">The request that calls the tool.</param>
    /// <param name="cancellationToken">The caller has gone, or the host stops: then it is not known what came of it.</param>
    public async Task<RouteAnswer> Call(Tool tool, byte[] arguments, HttpContext outside, CancellationToken cancellationToken)
    {
        await using var scope = outside.RequestServices.CreateAsyncScope();   // What remembers a request must not remember the one from outside.
        using var answer = new MemoryStream();
        var http = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        http.Request.Method = tool.Method;
        http.Request.Scheme = outside.Request.Scheme;
        http.Request.Host = outside.Request.Host;
        http.Request.Path = tool.Route;
        http.Request.Headers.Authorization = outside.Request.Headers.Authorization;
        http.Response.Body = answer;
        ToolRequest.SetBody(http, arguments);
        http.SetEndpoint(Aimed(tool, cancellationToken));
        await _pipeline!(http);
        await http.Response.CompleteAsync();
        using var body = JsonDocument.Parse(answer.ToArray());
        return new(http.Response.StatusCode, body.RootElement.Clone());
    }

    // Rights are checked before the arguments are looked at, as everywhere: so the route's metadata counts first.
    private RouteEndpoint Aimed(Tool tool, CancellationToken cancellationToken)
    {
        var route = endpoints.Endpoints.OfType<RouteEndpoint>().First(endpoint =>
            endpoint.RoutePattern.RawText == tool.Route && endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains(tool.Method) == true);
        return new(Call, route.RoutePattern, route.Order, route.Metadata, route.DisplayName);

        async Task Call(HttpContext http)
        {
            http.RequestAborted = cancellationToken;
            if (await ToolRequest.Aim(tool, http) is { } refusal) await refusal.ExecuteAsync(http);
            else await route.RequestDelegate!(http);
        }
    }
}

/// <summary>What a route answered.</summary>
internal readonly record struct RouteAnswer(int Status, JsonElement Body);
