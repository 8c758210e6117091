using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Rosud.Page;

/// <summary>Serves the live page: channels, their context, runs and events, as they happen.</summary>
internal static class ConsolePage
{
    private const string Root = "Rosud.Page.files.";

    private static readonly Dictionary<string, string> ContentTypes = new(StringComparer.Ordinal)
    {
        ["index.html"] = "text/html; charset=utf-8",
        ["console.css"] = "text/css; charset=utf-8",
        ["console.js"] = "text/javascript; charset=utf-8",
        ["stream.js"] = "text/javascript; charset=utf-8",
    };

    public static IEndpointRouteBuilder Map(IEndpointRouteBuilder app, string path)
    {
        var group = app.MapGroup(path).ExcludeFromDescription().AllowAnonymous();
        group.MapGet("", (HttpContext context) => context.Request.Path.Value!.EndsWith('/') ? File("index.html", context) : Results.Redirect($"{context.Request.PathBase}{path}/"));
        group.MapGet("{file}", (string file, HttpContext context) => ContentTypes.ContainsKey(file) ? File(file, context) : Results.NotFound());
        return app;
    }

    private static IResult File(string name, HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Root + name)
            ?? throw new InvalidOperationException($"The page '{name}' is not in the assembly.");
        return Results.Stream(stream, ContentTypes[name]);
    }
}
