using System.Globalization;
using Microsoft.AspNetCore.Http;
using Rosud.Channels;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.A2A;

/// <summary>A page of tasks.</summary>
internal sealed record TaskListDocument(IReadOnlyList<TaskDocument> Tasks, string NextPageToken, int PageSize, int TotalSize);

/// <summary>Lists a channel's tasks, the latest first: those that are open or among its last 10,000.</summary>
internal static class TaskPages
{
    private const int PageSizeDefault = 50;

    private sealed record Asked(int PageSize, string? State, DateTimeOffset? Since, (long Ticks, string Run)? After, bool WithArtifacts);

    public static async Task<IResult> List(string channel, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Channel(channel);
        var asked = Read(request);
        var context = request.Query("contextId");
        if (request.Refusal is { } refusal) return refusal;
        if (await grains.GetGrain<IChannelGrain>(id.Key).Describe() is ChannelOutcome.Refused refused) return new ProblemResult(refused.Problem);
        var all = string.IsNullOrEmpty(context) || context == channel ? await All(id, grains) : [];
        var fitting = all.Where(run => (asked.State is null || TaskStateDocument.StateOf(run.Status) == asked.State) && (asked.Since is null || At(run) >= asked.Since)).ToList();
        var page = fitting.OrderByDescending(run => Place(run)).Where(run => asked.After is not { } after || Place(run).CompareTo(after) < 0).Take(asked.PageSize + 1).ToList();
        var shown = page.Take(asked.PageSize).ToList();
        var next = page.Count > shown.Count ? string.Create(CultureInfo.InvariantCulture, $"{Place(shown[^1]).Ticks}~{shown[^1].Run}") : "";
        var tasks = asked.WithArtifacts ? await WithArtifacts(id, shown, grains) : [.. shown.Select(TaskDocument.Of)];
        return Protocol.Answer(new TaskListDocument(tasks, next, asked.PageSize, fitting.Count));
    }

    private static Asked Read(RequestReader request)
    {
        var (state, since, token, artifacts) = (request.Query("status"), request.Query("statusTimestampAfter"), request.Query("pageToken"), request.Query("includeArtifacts"));
        var (instant, after) = (default(DateTimeOffset), default((long, string)));
        request.Require(string.IsNullOrEmpty(state) || TaskStateDocument.States.Contains(state), "status", $"This must be one of {string.Join(", ", TaskStateDocument.States)}.");
        request.Require(string.IsNullOrEmpty(since) || DateTimeOffset.TryParse(since, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out instant), "statusTimestampAfter", "This must be an ISO 8601 time, for example 2026-01-31T12:00:00Z.");
        request.Require(string.IsNullOrEmpty(token) || TryToken(token, out after), "pageToken", "This must be the nextPageToken of the page before.");
        request.Require(artifacts is null or "" or "true" or "false", "includeArtifacts", "This must be true or false.");
        return new(
            (int)(request.QueryNumber("pageSize", 1, 100) ?? PageSizeDefault), string.IsNullOrEmpty(state) ? null : state,
            string.IsNullOrEmpty(since) ? null : instant, string.IsNullOrEmpty(token) ? null : after, artifacts == "true");
    }

    private static bool TryToken(string token, out (long Ticks, string Run) after)
    {
        var parts = token.Split('~');
        after = default;
        if (parts.Length != 2 || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)) return false;
        after = (ticks, parts[1]);
        return true;
    }

    private static async Task<List<RunSummaryBody>> All(ChannelId channel, IGrainFactory grains)
    {
        var (listing, all, after) = (new RunListing(grains, channel.Tenant, null), new List<RunSummaryBody>(), (string?)null);
        do
        {
            var page = await listing.OfChannel(channel, after, 500);
            all.AddRange(page.Runs);
            after = page.Next;
        }
        while (after is not null);
        return all;
    }

    // One that is gone by now is left out.
    private static async Task<IReadOnlyList<TaskDocument>> WithArtifacts(ChannelId channel, List<RunSummaryBody> runs, IGrainFactory grains)
    {
        var described = await Task.WhenAll(runs.Select(run => TaskRoutes.Describe(channel.Tenant, channel.Name, run.Run, grains)));
        return [.. described.Where(each => each.Run is not null).Select(each => TaskDocument.Of(each.Run!))];
    }

    private static DateTimeOffset At(RunSummaryBody run) => run.EndedAt ?? run.AcceptedAt;

    private static (long Ticks, string Run) Place(RunSummaryBody run) => (At(run).UtcTicks, run.Run);
}
