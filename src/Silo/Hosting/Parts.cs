namespace Rosud.Hosting;

/// <summary>The parts of Rosud that this host serves. Everything else in this folder is about running a process.</summary>
internal static class Parts
{
    /// <summary>Adds the grains, the HTTP API with its authentication, and the console.</summary>
    public static void Add(WebApplicationBuilder builder) => builder.AddLoopbackOperator();

    /// <summary>Maps authentication first, then the API and the console.</summary>
    public static void Map(WebApplication app) => app.UseAuthorization();
}
