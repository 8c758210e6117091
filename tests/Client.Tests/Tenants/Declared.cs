using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Rosud.Tenants;

/// <summary>Holds every answer that a test gets against what its route declares, and so the description of the API: status and headers.</summary>
internal sealed class Declared : IStartupFilter
{
    private static readonly string[] Headers = ["ETag", "Location", "Retry-After", "WWW-Authenticate", "Idempotency-Replayed"];

    private readonly ConcurrentQueue<string> _undeclared = [];

    /// <summary>For tests whose actors say what real ones never do.</summary>
    public bool IsOff { get; set; }

    /// <summary>Fails when anything was answered that was not declared.</summary>
    public void Check() => Assert.Empty(_undeclared);

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(async (http, go) =>
        {
            http.Response.OnStarting(() =>
            {
                Look(http);
                return Task.CompletedTask;
            });
            await go(http);
        });
        next(app);
    };

    // A method that a path does not have is nobody's answer.
    private void Look(HttpContext http)
    {
        if (IsOff || http.GetEndpoint() is not RouteEndpoint route || !http.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal)) return;
        var status = http.Response.StatusCode;
        var name = $"{http.Request.Method} {route.RoutePattern.RawText} {status}";
        if (!route.Metadata.GetOrderedMetadata<IProducesResponseTypeMetadata>().Any(declared => declared.StatusCode == status)) _undeclared.Enqueue(name);
        var headers = route.Metadata.GetOrderedMetadata<HeaderNote>();
        foreach (var header in Headers.Where(http.Response.Headers.ContainsKey))
        {
            if (!headers.Any(note => note.Status == status && note.Name == header)) _undeclared.Enqueue($"{name} {header}");
        }
    }
}
