using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rosud.Channels;
using Rosud.Hosting;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>Looking at runs, and cancelling them.</summary>
internal static class RunRoutes
{
    public static void Map(RouteGroupBuilder v1)
    {
        var runs = v1.MapGroup("/runs").WithTags("Runs").RequireAuthorization(Rights.Client);
        runs.MapGet("", List).WithSummary("Runs that are open or recent, by channel and id.")
            .ReadsQuery("channel", "Only of this channel.").ReadsQuery("status", "Only with this status.")
            .ReadsPage().Answers<RunListBody>(200).Refuses(400, 404);
        runs.MapGet("/{run}", Describe).NeverHeldBack().WithSummary("A run as it stands or ended.")
            .Answers<RunBody>(200).Refuses(400, 404);
        runs.MapGet("/{run}/timeline", Timeline).WithSummary("What happened in a run, in order.")
            .Answers<TimelineBody>(200).Refuses(400, 404);
        runs.MapGet("/{run}/explain", Explain).WithSummary("Why a run was slow, why it went wrong and why it stopped, in plain sentences with their evidence.")
            .Answers<RunExplanation>(200).Refuses(400, 404);
        runs.MapPost("/{run}/cancel", Cancel).NeverHeldBack().WithSummary("Ends a run as canceled unless it has ended.").ReadsKey("Not needed: a run is cancelled once.")
            .Reads<NothingBody>().Answers<RunBody>(200).Refuses(400, 404);
        runs.MapPost("/{run}/answer", AnswerQuestion).WithSummary("Answers a question that the run has asked a person.")
            .WithDescription("It counts once, while the question is open and nothing that it rests on has changed: 412 stale-context names what has, and the run asks anew. The same answer again gives the same answer, another is 409.")
            .ReadsKey("Not needed: the question's id is the key.")
            .Reads<AnswerBody>().Answers<QuestionBody>(200).Refuses(400, 404, 409, 412);
        RunEventRoutes.Map(runs);
    }

    private static async Task<IResult> List(HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var (limit, after, channel, status) = (request.QueryLimit(), request.Query("after"), request.QueryName("channel"), request.QueryWord<RunStatus>("status"));
        var tenant = request.Caller.Tenant;
        request.Require(after is null || RunListing.IsCursor(tenant, after), "after", "This must be the next of the page before.");
        if (request.Refusal is { } refusal) return refusal;
        var listing = new RunListing(grains, tenant, status);
        if (channel is null) return TypedResults.Json(await listing.OfTenant(after, limit), Wire.Json);
        var id = new ChannelId(tenant, channel);
        return await grains.GetGrain<IChannelGrain>(id.Key).Describe() is ChannelOutcome.Refused refused
            ? new ProblemResult(refused.Problem)
            : TypedResults.Json(await listing.OfChannel(id, after, limit), Wire.Json);
    }

    private static Task<IResult> Describe(string run, HttpContext http, IGrainFactory grains) =>
        Ask(run, http, grains, grain => grain.Describe(), result => TypedResults.Json(RunBody.Of(result), Wire.Json));

    private static Task<IResult> Timeline(string run, HttpContext http, IGrainFactory grains) =>
        Ask(run, http, grains, grain => grain.Describe(), result => TypedResults.Json(new TimelineBody(result.Run.Name, [.. result.Timeline.Select(TimelineEventBody.Of)]), Wire.Json));

    private static Task<IResult> Explain(string run, HttpContext http, IGrainFactory grains) =>
        Ask(run, http, grains, grain => grain.Describe(), result => TypedResults.Json(RunExplanation.Of(result), Wire.Json));

    private static async Task<IResult> Cancel(string run, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Run(run);
        request.IdempotencyKey();
        await request.BodyAsync<NothingBody>(optional: true);
        return request.Refusal ?? Answer(await grains.GetGrain<IRunGrain>(id.Key).Cancel(), result => TypedResults.Json(RunBody.Of(result), Wire.Json));
    }

    private static async Task<IResult> AnswerQuestion(string run, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Run(run);
        request.IdempotencyKey();
        var body = await request.BodyAsync<AnswerBody>();
        if (request.Refusal is { } refusal) return refusal;
        return await grains.GetGrain<IRunGrain>(id.Key).Answer(new(body!.Question, body.Value, body.By ?? request.Caller.Name)) switch
        {
            AnswerOutcome.Counted counted => TypedResults.Json(QuestionBody.Of(counted.Question), Wire.Json),
            AnswerOutcome.Refused refused => new ProblemResult(refused.Problem, StaleKeyBody.Of(refused.Stale)),
            var other => throw new UnreachableException($"Unknown answer {other.GetType().Name}."),
        };
    }

    private static async Task<IResult> Ask(string run, HttpContext http, IGrainFactory grains, Func<IRunGrain, Task<RunOutcome>> ask, Func<RunResult, IResult> show)
    {
        var request = new RequestReader(http);
        var id = request.Run(run);
        return request.Refusal ?? Answer(await ask(grains.GetGrain<IRunGrain>(id.Key)), show);
    }

    private static IResult Answer(RunOutcome outcome, Func<RunResult, IResult> show) => outcome switch
    {
        RunOutcome.Found found => show(found.Result),
        RunOutcome.Refused refused => new ProblemResult(refused.Problem),
        _ => throw new UnreachableException($"Unknown answer {outcome.GetType().Name}."),
    };
}
