using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rosud.Channels;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>Reading and changing a channel's context.</summary>
internal static class ContextRoutes
{
    public static void Map(RouteGroupBuilder v1)
    {
        var channel = v1.MapGroup("/channels/{channel}").WithTags("Context").RequireAuthorization(Rights.Agent).AddEndpointFilter(AgentScope.Filter);
        channel.MapGet("/context", Read).WithSummary("Keys of the context at one version.")
            .ReadsQuery("keys", "Keys and patterns, joined by commas. Default everything.")
            .ReadsQuery("version", "A past version. Default the newest.", "integer")
            .ReadsQuery("min_version", "Refuses with version-ahead when the context is older.", "integer")
            .ReadsQuery("consistency", "confirmed (default) or plain: at most 1 s behind.")
            .ReadsHeader("If-None-Match", "Versions that the caller has, as \"v17\": 304 when it is one of them.")
            .Answers<ContextBody>(200).Produces(304).Refuses(400, 404, 409, 410)
            .Shows("ETag", "The version, as \"v17\". Left out while an entry is early or expired: those change without a version.", 200, 304);
        channel.MapPatch("/context", Patch).WithSummary("Changes keys of the context, atomically.").ReadsKey()
            .ReadsHeader("If-Match", "The version the writer saw, as \"v17\"; the same as based_on.")
            .Reads<PatchBody>().Answers<PatchedBody>(200).Refuses(400, 404, 409, 412, 422, 428)
            .Shows("ETag", "The version, as \"v17\".", 200).Replays(200);
        channel.MapGet("/changes", Changes).WithSummary("The commits after a version, in order.")
            .ReadsQuery("after", "The version that the caller has. Default 0.", "integer")
            .ReadsQuery("limit", "How many at most, 1 to 500. Default 100.", "integer")
            .Answers<ChangesBody>(200).Refuses(400, 404, 409);
        HistoryRoutes.Map(channel);
        ConflictRoutes.Map(channel);
    }

    private static async Task<IResult> Read(string channel, HttpContext http, GrainsOf<IChannelGrain> channels)
    {
        var request = new RequestReader(http);
        var id = request.Channel(channel);
        var query = new ContextQuery
        {
            Keys = HistoryRoutes.Patterns(request),
            Version = request.QueryVersion("version"),
            Consistency = request.QueryWord<ReadConsistency>("consistency") ?? ReadConsistency.Confirmed,
            MinVersion = request.QueryVersion("min_version"),
        };
        return request.Refusal ?? await channels[id.Key].Read(query) switch
        {
            ReadOutcome.Found found => Answer(found.View, http),
            ReadOutcome.Refused refused => new ProblemResult(refused.Problem),
            var other => throw new UnreachableException($"Unknown answer {other.GetType().Name}."),
        };
    }

    // An entry expires and an early one is accepted without a new version, so a view with such entries is always shown and its version does not name what is in it.
    private static IResult Answer(ContextView view, HttpContext http)
    {
        var isSettled = view.Expired.IsEmpty && !view.Entries.Any(entry => entry.Provisional);
        if (isSettled) http.Response.Headers.ETag = VersionTag.Of(view.Version);
        return isSettled && VersionTag.IsKnown(http.Request.Headers.IfNoneMatch, view.Version)
            ? TypedResults.StatusCode(304)
            : TypedResults.Json(ContextBody.Of(view), Wire.Json);
    }

    private static async Task<IResult> Patch(string channel, HttpContext http, GrainsOf<IChannelGrain> channels, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Channel(channel);
        var (key, ifMatch) = (request.IdempotencyKey(), VersionTag.IfMatch(http, request));
        if (await request.BodyAsync<PatchBody>() is not { } body) return request.Refusal!;
        var (writer, refusal) = request.Caller.WriterOf(body.Writer);
        if (refusal is not null) return new ProblemResult(refusal);
        var basedOn = body.BasedOn is { } number ? new ContextVersion(number) : ifMatch;
        request.Require(ifMatch is null || ifMatch == basedOn, "If-Match", "If-Match and based_on must name the same version.");
        request.Require(body.Reads.Length == 0 || basedOn is not null, "/reads", "Reads need the version they were made at: give based_on.");
        var writes = Writes.Of(body.Set, body.Delete, request);
        request.Require(!writes.IsEmpty, "", "There is nothing to change: give set or delete.");
        if (request.Refusal is { } fault) return fault;
        if (await AgentScope.RefusalToWrite(request.Caller, writes, grains) is { } outside) return new ProblemResult(outside);
        var patch = new ContextPatch
        {
            Writes = writes,
            BasedOn = basedOn,
            Reads = [.. body.Reads.Select(pattern => new KeyPattern(pattern))],
            Origin = new(writer),
            OperationId = key is null ? null : PatchAnswers.OperationOf(request.Caller, key),
            BodyHash = ContentHash.Of(PatchAnswers.Asked(request.Body, ifMatch)),
            Caller = request.Caller.Name,
            TraceId = Activity.Current?.TraceId.ToHexString(),
        };
        return PatchAnswers.Of(await channels[id.Key].Commit(patch), http);
    }

    private static async Task<IResult> Changes(string channel, HttpContext http, GrainsOf<IChannelGrain> channels)
    {
        var request = new RequestReader(http);
        var id = request.Channel(channel);
        var (after, limit) = (request.QueryVersion("after") ?? ContextVersion.None, request.QueryLimit());
        return request.Refusal ?? await channels[id.Key].Changes(after, limit) switch
        {
            ChangesOutcome.Found { Page: var page } => TypedResults.Json(new ChangesBody([.. page.Changes.Select(ChangeBody.Of)], page.Head.Number, page.Gap), Wire.Json),
            ChangesOutcome.Refused refused => new ProblemResult(refused.Problem),
            var other => throw new UnreachableException($"Unknown answer {other.GetType().Name}."),
        };
    }
}
