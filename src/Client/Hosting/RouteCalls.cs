using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rosud.Tenants;

namespace Rosud.Hosting;

/// <summary>
/// Calls routes of this app for another protocol, as the caller of that: they know who may do what, what is wrong and how much fits, so that nothing else has to.
/// </summary>
internal sealed class RouteCalls(EndpointDataSource endpoints, IServiceProvider services)
{
    // One for each route: what decides on rights remembers every endpoint that it has seen.
    private readonly ConcurrentDictionary<(string Method, string Route), RouteEndpoint> _aimed = new();

    // What surrounds each call, as it surrounds requests from outside.
    private readonly RequestDelegate _pipeline = Surrounded(new ApplicationBuilder(services));

    /// <summary>Calls a route.</summary>
    /// <param name="outside">The request that the call is for.</param>
    /// <param name="method">The route's method.</param>
    /// <param name="route">The route as it is mapped.</param>
    /// <param name="aim">Fills the request once the caller's rights are known, or refuses it.</param>
    /// <param name="cancellationToken">The caller has gone, or the host stops: then it is not known what came of it.</param>
    public async Task<RouteAnswer> Call(HttpContext outside, string method, string route, Func<HttpContext, Task<IResult?>> aim, CancellationToken cancellationToken)
    {
        await using var scope = outside.RequestServices.CreateAsyncScope();   // What remembers a request must not remember the one from outside.
        using var answer = new MemoryStream();
        var http = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        http.Request.Method = method;
        http.Request.Scheme = outside.Request.Scheme;
        http.Request.Host = outside.Request.Host;
        http.Request.Path = route;
        http.Request.Headers.Authorization = outside.Request.Headers.Authorization;
        http.Response.Body = answer;
        SetBody(http, []);
        http.Features.Set(new Aim(aim, cancellationToken));
        http.SetEndpoint(_aimed.GetOrAdd((method, route), Aimed));
        await _pipeline(http);
        await http.Response.CompleteAsync();
        using var body = JsonDocument.Parse(answer.ToArray(), new JsonDocumentOptions { MaxDepth = Wire.Json.MaxDepth });
        return new(http.Response.StatusCode, body.RootElement.Clone());
    }

    /// <summary>Gives a request this body.</summary>
    public static void SetBody(HttpContext http, byte[] json)
    {
        http.Request.Body = new MemoryStream(json);
        http.Request.ContentLength = json.Length;
        http.Request.ContentType = "application/json";
    }

    private static RequestDelegate Surrounded(ApplicationBuilder pipeline)
    {
        pipeline.UseMiddleware<ProblemMiddleware>().UseAuthorization().Run(static http => http.GetEndpoint()!.RequestDelegate!(http));
        return pipeline.Build();
    }

    // Rights are checked before the request is looked at, as everywhere: so the route's metadata counts first.
    private RouteEndpoint Aimed((string Method, string Route) call)
    {
        var mapped = endpoints.Endpoints.OfType<RouteEndpoint>().First(endpoint =>
            endpoint.RoutePattern.RawText == call.Route && endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains(call.Method) == true);
        return new(Call, mapped.RoutePattern, mapped.Order, mapped.Metadata, mapped.DisplayName);

        async Task Call(HttpContext http)
        {
            var aim = http.Features.Get<Aim>()!;
            http.RequestAborted = aim.Gone;
            if (await aim.Fill(http) is { } refusal) await refusal.ExecuteAsync(http);
            else await mapped.RequestDelegate!(http);
        }
    }

    private sealed record Aim(Func<HttpContext, Task<IResult?>> Fill, CancellationToken Gone);
}

/// <summary>What a route answered.</summary>
internal readonly record struct RouteAnswer(int Status, JsonElement Body);
