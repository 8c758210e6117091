using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Rosud.Tenants;

/// <summary>A parameter that a route reads itself, for the description of the API.</summary>
internal sealed record ParameterNote(string Name, string In, string Text, string Type);

/// <summary>A header of a route's answers, for the description of the API.</summary>
internal sealed record HeaderNote(int Status, string Name, string Text);

/// <summary>What a route answers and reads, said where it is mapped.</summary>
internal static class RouteNotes
{
    /// <summary>A status with a body of type <typeparamref name="T"/>.</summary>
    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder route, params int[] statuses)
    {
        foreach (var status in statuses) route.Produces<T>(status);
        return route;
    }

    /// <summary>Problems that the route can answer, beside those that every route can.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params int[] statuses)
    {
        foreach (var status in statuses) route.Produces<ProblemBody>(status, ProblemResult.ContentType);
        return route;
    }

    /// <summary>Problems that every route of a group can answer, with their headers.</summary>
    public static RouteGroupBuilder AllRefuse(this RouteGroupBuilder group, params int[] statuses)
    {
        foreach (var status in statuses)
        {
            group.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ProblemBody), [ProblemResult.ContentType]));
            if (status == 401) group.WithMetadata(new HeaderNote(status, "WWW-Authenticate", "How to give a key."));
            if (status is 429 or 503) group.WithMetadata(new HeaderNote(status, "Retry-After", Later));
        }

        return group;
    }

    /// <summary>A header of the answers with these statuses.</summary>
    public static RouteHandlerBuilder Shows(this RouteHandlerBuilder route, string name, string text, params int[] statuses)
    {
        foreach (var status in statuses) route.WithMetadata(new HeaderNote(status, name, text));
        return route;
    }

    /// <summary>With these statuses an answer can be an earlier one, given again.</summary>
    public static RouteHandlerBuilder Replays(this RouteHandlerBuilder route, params int[] statuses) =>
        route.Shows(Tenants.Replays.Header, "true when the same key had this answer before, and nothing was done now.", statuses);

    /// <summary>Why a problem says when to try again.</summary>
    public const string Later = "Seconds after which it is worth trying again.";

    public static RouteHandlerBuilder AnswersEvents(this RouteHandlerBuilder route) =>
        route.Produces<string>(200, ServerSentEvents.ContentType);

    public static RouteHandlerBuilder Reads<T>(this RouteHandlerBuilder route) where T : notnull =>
        route.Accepts<T>("application/json").Refuses(413, 415);

    public static RouteHandlerBuilder ReadsQuery(this RouteHandlerBuilder route, string name, string text, string type = "string") =>
        route.WithMetadata(new ParameterNote(name, "query", text, type));

    public static RouteHandlerBuilder ReadsHeader(this RouteHandlerBuilder route, string name, string text) =>
        route.WithMetadata(new ParameterNote(name, "header", text, "string"));

    public static RouteHandlerBuilder ReadsKey(this RouteHandlerBuilder route, string text = "1 to 255 printable ASCII characters. The same key with the same body gives the first answer.") =>
        route.ReadsHeader("Idempotency-Key", text);

    public static RouteHandlerBuilder ReadsPage(this RouteHandlerBuilder route) => route
        .ReadsQuery("limit", "How many at most, 1 to 500. Default 100.", "integer")
        .ReadsQuery("after", "The next of the page before.");
}
