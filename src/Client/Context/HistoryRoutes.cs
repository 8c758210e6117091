using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rosud.Channels;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>Looking back: what changed between two versions, and whose work a key is.</summary>
internal static class HistoryRoutes
{
    /// <param name="channel">The routes of one channel's context.</param>
    public static void Map(RouteGroupBuilder channel)
    {
        channel.MapGet("/diff", Diff).WithSummary("What differs between two versions.")
            .ReadsQuery("from", "The older version. Required; 0 is the empty context.", "integer")
            .ReadsQuery("to", "The newer version. Default the newest.", "integer")
            .ReadsQuery("keys", "Keys and patterns, joined by commas. Default everything.")
            .ReadsPage().Answers<DiffBody>(200).Refuses(400, 404, 409, 410);
        channel.MapGet("/blame", Blame).WithSummary("Who wrote a key and when, the newest write first.")
            .ReadsQuery("key", "The key. Required.")
            .ReadsQuery("version", "Only writes up to this version. Default the newest.", "integer")
            .ReadsQuery("limit", "How many at most, 1 to 500. Default 100.", "integer")
            .ReadsQuery("after", "The next of the page before.", "integer")
            .Answers<BlameBody>(200).Refuses(400, 404, 409, 410);
    }

    /// <summary>Keys and patterns of the query.</summary>
    public static ImmutableArray<KeyPattern> Patterns(RequestReader request)
    {
        var words = request.QueryWords("keys");
        request.Require(words.All(KeyPattern.IsValid), "keys", new KeysAttribute().Sentence);
        return [.. words.Select(word => new KeyPattern(word))];
    }

    private static async Task<IResult> Diff(string channel, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Channel(channel);
        var (from, to, after) = (request.QueryVersion("from"), request.QueryVersion("to"), Key(request, "after"));
        request.Require(http.Request.Query.ContainsKey("from"), "from", "Say the older version; 0 is the empty context.");
        var query = new DiffQuery { From = from ?? ContextVersion.None, To = to, Keys = Patterns(request), After = after, Limit = request.QueryLimit() };
        return request.Refusal ?? await grains.GetGrain<IChannelGrain>(id.Key).Diff(query) switch
        {
            DiffOutcome.Found found => TypedResults.Json(DiffBody.Of(found), Wire.Json),
            DiffOutcome.Refused refused => new ProblemResult(refused.Problem),
            var other => throw new UnreachableException($"Unknown answer {other.GetType().Name}."),
        };
    }

    private static async Task<IResult> Blame(string channel, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Channel(channel);
        var key = Key(request, "key");
        request.Require(http.Request.Query.ContainsKey("key"), "key", "Say whose writers are wanted.");
        var (version, after) = (request.QueryVersion("version"), request.QueryVersion("after"));   // The next page begins at its next.
        var query = new BlameQuery { Key = key ?? default, UpTo = after is { } next && !(next > version) ? next : version, Limit = request.QueryLimit() };
        return request.Refusal ?? await grains.GetGrain<IChannelGrain>(id.Key).Blame(query) switch
        {
            BlameOutcome.Found found => TypedResults.Json(BlameBody.Of(query.Key.Value, found), Wire.Json),
            BlameOutcome.Refused refused => new ProblemResult(refused.Problem),
            var other => throw new UnreachableException($"Unknown answer {other.GetType().Name}."),
        };
    }

    private static ContextKey? Key(RequestReader request, string name)
    {
        if (request.Query(name) is not { } text) return null;
        if (ContextKey.IsValid(text)) return new(text);
        request.Fault(name, new KeyNameAttribute().Sentence);
        return null;
    }
}
