using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rosud.Channels;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>Conflicts that wait for a decision, and deciding them.</summary>
internal static class ConflictRoutes
{
    /// <param name="channel">The routes of one channel's context.</param>
    public static void Map(RouteGroupBuilder channel)
    {
        channel.MapGet("/conflicts", List).WithSummary("Writes that wait for a decision, under conflict_resolution manual.")
            .ReadsPage().Answers<ConflictsBody>(200).Refuses(400, 404);
        channel.MapPost("/conflicts/{conflict}/resolve", Resolve).WithSummary("Ends a conflict by a commit.")
            .WithDescription("A key of the role agent cannot: whoever lost a conflict does not decide it.")
            .RequireAuthorization(Rights.Client).ReadsKey()
            .ReadsHeader("If-Match", "The version that the decision rests on, as \"v17\"; the same as based_on.")
            .Reads<ResolveBody>().Answers<PatchedBody>(200).Refuses(400, 404, 409, 412, 422)
            .Shows("ETag", "The version, as \"v17\".", 200).Replays(200);
    }

    private static async Task<IResult> List(string channel, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Channel(channel);
        var (limit, after, text) = (request.QueryLimit(), 0L, request.Query("after"));
        request.Require(text is null || ParkedWrite.TryParseId(text, out after), "after", "This must be the next of the page before.");
        return request.Refusal ?? await grains.GetGrain<IChannelGrain>(id.Key).Conflicts(after, limit) switch
        {
            ConflictsOutcome.Found found => TypedResults.Json(ConflictsBody.Of(found), Wire.Json),
            ConflictsOutcome.Refused refused => new ProblemResult(refused.Problem),
            var other => throw new UnreachableException($"Unknown answer {other.GetType().Name}."),
        };
    }

    private static async Task<IResult> Resolve(string channel, string conflict, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Channel(channel);
        request.Require(ParkedWrite.TryParseId(conflict, out var number), "conflict", "This is not the id of a conflict.");
        var (key, ifMatch) = (request.IdempotencyKey(), VersionTag.IfMatch(http, request));
        if (await request.BodyAsync<ResolveBody>() is not { } body) return request.Refusal!;
        var (writer, refusal) = request.Caller.WriterOf(body.Writer);
        if (refusal is not null) return new ProblemResult(refusal);
        var basedOn = body.BasedOn is { } version ? new ContextVersion(version) : ifMatch;
        request.Require(ifMatch is null || ifMatch == basedOn, "If-Match", "If-Match and based_on must name the same version.");
        request.Require(body.Choose is null != body.Value is null, "", "Say one of the two: choose, or value.");
        if (request.Refusal is { } fault) return fault;
        var resolution = new Resolution
        {
            Conflict = number,
            Choice = body.Choose switch { ChosenWrite.Parked => ConflictChoice.Parked, ChosenWrite.Current => ConflictChoice.Current, _ => ConflictChoice.Value },
            Value = body.Value,
            BasedOn = basedOn,
            Origin = new(writer),
            OperationId = key is null ? null : PatchAnswers.OperationOf(request.Caller, key),
            BodyHash = ContentHash.Of([.. Encoding.UTF8.GetBytes($"resolve {number} "), .. PatchAnswers.Asked(request.Body, ifMatch)]),
            Caller = request.Caller.Name,
            TraceId = Activity.Current?.TraceId.ToHexString(),
        };
        return PatchAnswers.Of(await grains.GetGrain<IChannelGrain>(id.Key).Resolve(resolution), http);
    }
}
