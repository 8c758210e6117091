using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rosud.Channels;
using Rosud.Hosting;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>A run's events as they happen.</summary>
internal static class RunEventRoutes
{
    public static void Map(RouteGroupBuilder runs) =>
        runs.MapGet("/{run}/events", Follow).NeverHeldBack()
            .WithSummary("The run as it stands, then its commits and notices as they happen, then the run as it ended; then the stream ends.")
            .WithDescription("Events have the ids of the channel's. A listener that comes back after the end gets 204.")
            .ReadsQuery("after", "As Last-Event-ID, for listeners that cannot send headers.")
            .ReadsHeader("Last-Event-ID", "The id of the last event that the listener has.")
            .AnswersEvents().Produces(204).Refuses(400, 404, 409);

    private static async Task<IResult> Follow(string run, HttpContext http, IGrainFactory grains, IChannelFeeds feeds, TimeProvider time)
    {
        var request = new RequestReader(http);
        var id = request.Run(run);
        var after = EventRoutes.After(http, request);
        if (request.Refusal is { } refusal) return refusal;
        var outcome = await grains.GetGrain<IRunGrain>(id.Key).Describe();
        if (outcome is RunOutcome.Refused refused) return new ProblemResult(refused.Problem);
        var now = ((RunOutcome.Found)outcome).Result;
        if (now.HasEnded) return after is null ? new ServerSentEvents(Once(now), time) : TypedResults.NoContent();
        return await EventRoutes.RefusalToFollow(grains, id.Channel, after)
            ?? (IResult)new ServerSentEvents(new RunEvents(grains, feeds, time, id).Follow(now, after, http.RequestAborted), time);
    }

    private static async IAsyncEnumerable<ServerSentEvent> Once(RunResult result)
    {
        await ValueTask.CompletedTask;
        yield return RunEvents.Of(result);
    }
}

/// <summary>What happens in one run until its end.</summary>
internal sealed class RunEvents(IGrainFactory grains, IChannelFeeds feeds, TimeProvider time, RunId run)
{
    /// <summary>How long the channel's last events about a run may come after its end.</summary>
    private static readonly TimeSpan Tail = TimeSpan.FromSeconds(2);

    /// <summary>Longer than any run; the waiting ends with the run or the listener.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    private static readonly HashSet<string> AllTypes = [.. ChannelEvent.Types];

    /// <summary>The run as it stands or ended, as an event. Its id stays that of the channel's last event.</summary>
    public static ServerSentEvent Of(RunResult result) => new(null, "run", new ChannelEvent
    {
        Id = $"{result.Run.Name}.{Wire.NameOf(result.Status)}.{result.VersionEnd.Number}",
        Source = $"/v1/runs/{result.Run.Name}",
        Type = "rosud.run",
        Time = result.EndedAt,
        Data = RunBody.Of(result),
    });

    /// <summary>The run as it stands, what happens in it, and the run as it ended.</summary>
    /// <param name="now">The run as it stands.</param>
    /// <param name="after">Where the listener was before.</param>
    /// <param name="gone">The listener has gone.</param>
    /// <param name="joined">From now on nothing is missed: what happened since <paramref name="now"/> is seen by looking again.</param>
    public async IAsyncEnumerable<ServerSentEvent> Follow(RunResult now, FeedPosition? after, [EnumeratorCancellation] CancellationToken gone, Action? joined = null)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(gone);
        var wait = new RunWait(time);   // Held here: the reference alone would not keep it alive.
        var self = grains.CreateObjectReference<IRunObserver>(wait);
        try
        {
            // Before the first word: who has heard that the run is at work hears its end, also when its channel is deleted and nothing can be asked any more.
            var end = wait.WaitAsync(grains.GetGrain<IRunGrain>(run.Key), self, watch: true, Longest, stop.Token);
            yield return Of(now);
            await foreach (var told in Until(end, after ?? new(now.VersionEnd, null), stop, joined)) yield return told;
            if (await end is RunOutcome.Found ended) yield return Of(ended.Result);
        }
        finally
        {
            await stop.CancelAsync();
            grains.DeleteObjectReference<IRunObserver>(self);
            GC.KeepAlive(wait);
        }
    }

    // Once the run has ended its last commit may still be on the way; it is waited for, but not for long.
    private async IAsyncEnumerable<ServerSentEvent> Until(Task<RunOutcome> end, FeedPosition after, CancellationTokenSource stop, Action? joined)
    {
        using var listening = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        var seen = after.Version;
        await using var feed = feeds.Follow(run.Channel, after, listening.Token, joined).GetAsyncEnumerator(CancellationToken.None);
        var cut = false;
        while (true)
        {
            var next = feed.MoveNextAsync().AsTask();
            if (!cut && !next.IsCompleted && await Task.WhenAny(next, end) == end)
            {
                cut = true;
                var missing = await end is RunOutcome.Found { Result.VersionEnd: var last } && last > seen;
                listening.CancelAfter(missing ? Tail : TimeSpan.Zero);
            }

            if (!await More(next, stop.Token)) yield break;
            if (feed.Current is FeedItem.Commit { Change.Version: var version }) seen = version;
            if (IsOfRun(feed.Current) && ChannelEvent.Of(run.Channel, feed.Current, AllTypes) is { } told) yield return told;
            if (cut && end.IsCompletedSuccessfully && await end is RunOutcome.Found { Result.VersionEnd: var finish } && seen >= finish) yield break;
        }
    }

    private static async Task<bool> More(Task<bool> next, CancellationToken gone)
    {
        try
        {
            return await next;
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            return false;   // The tail is over.
        }
    }

    private bool IsOfRun(FeedItem item) => item switch
    {
        FeedItem.Commit { Change.Origin.Run: var origin } => origin == run.Name,
        FeedItem.Notice { Body.Body: var body } => RunOf(body) == run.Name,
        _ => true,
    };

    private static string? RunOf(Context.JsonValue body)
    {
        using var json = System.Text.Json.JsonDocument.Parse(body.Utf8);
        return json.RootElement.ValueKind == System.Text.Json.JsonValueKind.Object
            && json.RootElement.TryGetProperty("run", out var name) && name.ValueKind == System.Text.Json.JsonValueKind.String ? name.GetString() : null;
    }
}
