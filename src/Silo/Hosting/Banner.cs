using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Rosud.Storage;

namespace Rosud.Hosting;

/// <summary>What a person sees who starts the host: where everything is, and three lines to try.</summary>
internal static class Banner
{
    public static void Write(TextWriter output, WebApplication app)
    {
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var configuration = app.Configuration;
        var key = ListeningAddresses.HasKeys(configuration) ? """ -H "Authorization: Bearer $ROSUD_KEY" """ : " ";
        var json = $"""{key}-H 'Content-Type: application/json' """;
        output.WriteLine($$$"""

              Rosud is ready.

              API        {{{url}}}/v1
              Console    {{{url}}}/console
              Reference  {{{url}}}/docs
              Dashboard  {{{url}}}/orleans
              Health     {{{url}}}/health/ready
              Data       {{{Data(app)}}}
              Silo       {{{configuration["Orleans:Endpoints:AdvertisedIPAddress"]}}}:{{{configuration["Orleans:Endpoints:SiloPort"]}}}, cluster {{{configuration["Orleans:ClusterId"]}}}

              Try it:
              curl{{{json}}}{{{url}}}/v1/channels -d '{"id":"demo","agents":[]}'
              curl -X PATCH{{{json}}}{{{url}}}/v1/channels/demo/context -d '{"set":{"plan.scope":"hello"}}'
              curl{{{key}}}{{{url}}}/v1/channels/demo/context

              Ctrl+C stops it.

            """);
    }

    private static string Data(WebApplication app) =>
        app.Services.GetService<SqliteStore>() is not null
            ? Path.GetFullPath(app.Services.GetRequiredService<IOptions<StoreOptions>>().Value.DataPath)
            : app.Configuration["Orleans:GrainStorage:rosud:ProviderType"]!;
}
