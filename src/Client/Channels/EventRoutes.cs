using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rosud.Hosting;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>A channel's events as they happen.</summary>
internal static class EventRoutes
{
    public static void Map(RouteGroupBuilder v1) =>
        v1.MapGet("/channels/{channel}/events", Follow).WithTags("Channels").RequireAuthorization(Rights.Agent).NeverHeldBack().AddEndpointFilter(AgentScope.Filter)
            .WithSummary("The channel's events as they happen, without loss or repeats; a gap says where that could not be.")
            .WithDescription("The id of a commit is its version, of anything else version.number. The data is one CloudEvents 1.0 object. A comment comes whenever nothing else came for 15 s.")
            .ReadsQuery("types", $"Which, joined by commas: {string.Join(", ", ChannelEvent.Types)}. Default all; gap is always told.")
            .ReadsQuery("after", "As Last-Event-ID, for listeners that cannot send headers.")
            .ReadsHeader("Last-Event-ID", "The id of the last event that the listener has. Without it the events begin now.")
            .AnswersEvents().Refuses(400, 404, 409);

    private static async Task<IResult> Follow(string channel, HttpContext http, IGrainFactory grains, IChannelFeeds feeds, TimeProvider time)
    {
        var request = new RequestReader(http);
        var id = request.Channel(channel);
        var (types, after) = (Types(request), After(http, request));
        if (request.Refusal is { } refusal) return refusal;
        var joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return await RefusalToFollow(grains, id, after)
            ?? (IResult)new ServerSentEvents(Events(feeds.Follow(id, after, http.RequestAborted, () => joined.TrySetResult()), id, types), time, joined.Task);
    }

    /// <summary>What the listener has seen, by its header or else by its query.</summary>
    public static FeedPosition? After(HttpContext http, RequestReader request)
    {
        var header = http.Request.Headers["Last-Event-ID"];
        var (text, parameter) = header.Count > 0 ? (header.ToString(), "Last-Event-ID") : (request.Query("after"), "after");
        if (text is null) return null;
        if (EventPosition.TryParse(text, out var position)) return position;
        request.Fault(parameter, "This must be the id of an event: a version, or version.number.");
        return null;
    }

    /// <summary>Why a channel cannot be followed from there; null when it can.</summary>
    public static async Task<ProblemResult?> RefusalToFollow(IGrainFactory grains, ChannelId channel, FeedPosition? after)
    {
        var outcome = await grains.GetGrain<IChannelGrain>(channel.Key).Describe();
        if (outcome is ChannelOutcome.Refused refused) return new(refused.Problem);
        if (outcome is not ChannelOutcome.Found { Channel.Version: var head }) return new(new(ProblemKind.NotFound, "There is no such channel."));
        return after?.Version > head ? new(new(ProblemKind.VersionAhead, "No event has that id yet.") { Version = head.Number }) : null;
    }

    private static HashSet<string> Types(RequestReader request)
    {
        var words = request.QueryWords("types");
        request.Require(words.All(ChannelEvent.Types.Contains), "types", $"This must be some of {string.Join(", ", ChannelEvent.Types)}.");
        return words.IsEmpty ? [.. ChannelEvent.Types] : [.. words];
    }

    private static async IAsyncEnumerable<ServerSentEvent> Events(IAsyncEnumerable<FeedItem> feed, ChannelId channel, HashSet<string> types)
    {
        await foreach (var item in feed)
        {
            if (ChannelEvent.Of(channel, item, types) is { } told) yield return told;
        }
    }
}
