using Rosud;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Tenants;

// A shared board: whoever has the page open sees every change at once, who made it, and who lost a race.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.AddRosudClient();
var app = builder.Build();
app.MapHealthChecks("/health");
app.MapGet("/", () => Results.File(Path.Combine(AppContext.BaseDirectory, "page.html"), "text/html; charset=utf-8"));

// Every commit of the board from the first on, as server-sent events; it goes on when the silo it came from is lost.
app.MapGet("/changes", async (IRosudClient rosud, CancellationToken gone) =>
{
    var board = await rosud.Channels.Create(id: "board", cancellationToken: gone);
    return TypedResults.ServerSentEvents(Lines(board.Watch(after: ContextVersion.None, gone)), "change");
});

// A change says which version its writer saw: whoever changed the note in between is not overwritten unseen.
app.MapPost("/notes/{key}", async (string key, Note note, IRosudClient rosud, CancellationToken gone) =>
{
    try
    {
        var board = await rosud.Channels.Create(id: "board", cancellationToken: gone);
        return await board.Commit([ContextWrite.Set($"notes.{key}", note.Text)], new(note.Seen), reads: [$"notes.{key}"], writer: note.Author, gone) switch
        {
            PatchOutcome.Applied applied => Results.Ok(new { applied.Version.Number }),
            _ => Results.Conflict(new { error = "Somebody was faster: look again." }),
        };
    }
    catch (Exception fault) when (fault is ArgumentException or FormatException or RefusedException)   // What cannot be a key, a writer or a version.
    {
        return Results.BadRequest(new { error = fault.Message });
    }
});
app.Run();

static async IAsyncEnumerable<object> Lines(IAsyncEnumerable<FeedItem> feed)
{
    await foreach (var item in feed)
    {
        if (item is not FeedItem.Commit { Change: var change }) continue;
        foreach (var write in change.Writes) yield return new { version = change.Version.Number, key = write.Key.Value, text = write.Value?.As<string>(), by = change.Origin.Writer };
    }
}

/// <summary>A changed note: its text, the version of the board its author saw, and the author.</summary>
internal sealed record Note(string Text, long Seen, string Author);
