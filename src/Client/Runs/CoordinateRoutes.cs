using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>Starting runs, and waiting for their end.</summary>
internal static class CoordinateRoutes
{
    public static void Map(RouteGroupBuilder v1) =>
        v1.MapPost("/channels/{channel}/coordinate", Coordinate).WithTags("Runs").RequireAuthorization(Rights.Client).NeverHeldBack()   // It asks for its turn itself, once its body has said its priority.
            .WithSummary("Coordinates one task: answers with its result, or with where that will be.")
            .WithDescription("Whatever agents do is a result with a status; a refusal means that there is no run. After 60 s, or sooner by Prefer, the answer is 202 with a Location.")
            .ReadsKey("The task's id when the task has none. The same key with an equal task joins the run; with another task it is refused.")
            .ReadsHeader("Prefer", "respond-async, or wait=N for at most N seconds.")
            .Reads<CoordinateBody>().Answers<RunBody>(200).Answers<AcceptedBody>(202).Refuses(400, 404, 409, 422)
            .Shows("Location", "Where the result will be.", 202).Replays(200, 202);

    private static async Task<IResult> Coordinate(string channel, HttpContext http, IGrainFactory grains, TimeProvider time, RequestTurns turns)
    {
        var request = new RequestReader(http);
        var id = request.Channel(channel);
        var key = request.IdempotencyKey();
        var body = await request.BodyAsync<CoordinateBody>();
        var asked = body is null ? null : Asked(body, key, request);
        if (request.Refusal is { } refusal) return refusal;
        var lane = asked!.Priority is RunPriority.Batch ? Lane.Batch : Lane.Interactive;
        await using var place = await turns.Enter(request.Caller.Tenant, lane, http.RequestAborted);
        if (place is null) return RequestTurns.Refused;
        var longest = Preference.Parse(http.Request.Headers["Prefer"]).Longest;
        return await Run(grains, time, id, asked, longest, http);
    }

    private static CoordinateRequest Asked(CoordinateBody body, string? key, RequestReader request)
    {
        request.Require(body.Parent is null || RunId.TryParse(request.Caller.Tenant, body.Parent, out _), "/parent", "This is not the id of a run.");
        var hash = request.Member("task").Hash;
        return new()
        {
            Task = body.Task.ToTask(key, request),
            Timeout = body.TimeoutMs is { } timeoutMs ? TimeSpan.FromMilliseconds(timeoutMs) : body.Parent is null ? TimeSpan.FromSeconds(30) : TimeSpan.FromDays(7),
            OnStaleContext = body.OnStaleContext,
            Execution = body.Execution,
            Priority = body.Priority,
            Parent = body.Parent,
            FitsParent = body.TimeoutMs is null,
            Caller = request.Caller.Name,
            TaskHash = hash,
            Operation = key is null ? null : new(PatchAnswers.OperationOf(request.Caller, key), hash),
            TraceParent = Activity.Current?.Id,
        };
    }

    private static async Task<IResult> Run(IGrainFactory grains, TimeProvider time, ChannelId channel, CoordinateRequest asked, TimeSpan longest, HttpContext http)
    {
        var wait = new RunWait(time);   // Held here: the reference alone would not keep it alive.
        var self = longest > TimeSpan.Zero ? grains.CreateObjectReference<IRunObserver>(wait) : null;
        try
        {
            var outcome = await grains.GetGrain<IChannelGrain>(channel.Key).Coordinate(asked, self);
            if (outcome is CoordinateOutcome.Refused refused) return new ProblemResult(refused.Problem);
            if (outcome is not CoordinateOutcome.Accepted accepted) throw new UnreachableException($"Unknown answer {outcome.GetType().Name}.");
            Replays.Say(http, accepted.IsReplay);
            var run = grains.GetGrain<IRunGrain>(accepted.Run.Key);
            if (self is null) return Later(accepted.Run, await run.Describe(), http);
            var deadline = asked.Timeout + RunWait.AfterDeadline;
            var result = await wait.WaitAsync(run, self, watch: accepted.Joined, longest < deadline ? longest : deadline, http.RequestAborted);
            return result is RunOutcome.Found { Result: { HasEnded: true } ended } ? TypedResults.Json(RunBody.Of(ended), Wire.Json) : Later(accepted.Run, result, http);
        }
        finally
        {
            if (self is not null) grains.DeleteObjectReference<IRunObserver>(self);
            GC.KeepAlive(wait);
        }
    }

    private static JsonHttpResult<AcceptedBody> Later(RunId run, RunOutcome outcome, HttpContext http)
    {
        http.Response.Headers.Location = $"/v1/runs/{run.Name}";
        var status = outcome is RunOutcome.Found found ? found.Result.Status : RunStatus.Submitted;
        return TypedResults.Json(AcceptedBody.Of(run, status), Wire.Json, statusCode: 202);
    }
}
