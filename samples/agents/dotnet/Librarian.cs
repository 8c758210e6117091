using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Rosud;
using Rosud.Agents;
using Rosud.Demo;

/// <summary>An agent that Rosud calls: each assignment is POSTed here, signed with the secret of its registration, and the answer is its completion.</summary>
internal static class Librarian
{
    public const string Path = "/librarian";

    /// <summary>Made anew at every start: only the cluster and this process know it.</summary>
    public static string Secret { get; } = RandomNumberGenerator.GetHexString(64);

    public static void MapLibrarian(this WebApplication app) => app.MapPost(Path, async (HttpRequest request, TimeProvider time, CancellationToken gone) =>
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, gone);
        if (!WebhookSignature.IsValid(Secret, request.Headers[WebhookSignature.Header], body.ToArray(), time.GetUtcNow())) return Results.Unauthorized();
        var folder = (string?)JsonNode.Parse(body.ToArray())?["context"]?["entries"]?["corpus.folder"]?["value"];
        return folder is null
            ? Results.BadRequest()
            : Results.Json(new { writes = new Dictionary<string, int> { ["catalogue.files"] = new Corpus(folder).Files().Count } });
    });
}

/// <summary>Tells the cluster where the librarian listens, as soon as that is known.</summary>
internal sealed class LibrarianRegistration(IRosudClient rosud, IServer server, IHostApplicationLifetime life, ILogger<LibrarianRegistration> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var waiting = life.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        var address = server.Features.Get<IServerAddressesFeature>()!.Addresses.First();
        await rosud.Agents.Register(
            DemoAgents.Librarian,
            new()
            {
                Description = "Counts the files of the folder.",
                Reads = ["corpus.*"],
                Writes = ["catalogue.*"],
                Transport = new(TransportKind.Webhook, new(new Uri(address), Librarian.Path), Librarian.Secret),
            },
            stoppingToken);
        log.LogInformation("The librarian is registered and listens at {Address}{Path}.", address, Librarian.Path);
    }
}
