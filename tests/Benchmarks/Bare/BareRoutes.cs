namespace Rosud.Bare;

/// <summary>The bare grains over HTTP: the least that a route can do.</summary>
internal static class BareRoutes
{
    public static void Map(WebApplication app)
    {
        app.MapPost("/bare/pipelines/{key}", async (string key, HttpRequest request, IGrainFactory grains) =>
            Results.Bytes((await grains.GetGrain<IBarePipeline>(key).Run(await Body(request), durable: true)).Utf8));
        app.MapPatch("/bare/cells/{key}", async (string key, HttpRequest request, IGrainFactory grains) =>
        {
            await grains.GetGrain<IBareCell>(key).Write(await Body(request));
            return Results.Ok();
        });
    }

    private static async Task<BareContent> Body(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        return new(body.ToArray());
    }
}
