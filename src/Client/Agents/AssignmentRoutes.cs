using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>How a pull agent gets its work and answers it.</summary>
internal static class AssignmentRoutes
{
    public static void Map(RouteGroupBuilder v1)
    {
        var taking = v1.MapGroup("/agents/{agent}/assignments").WithTags("Assignments").RequireAuthorization(Rights.Agent).NeverHeldBack();
        taking.MapPost("/take", Take).WithSummary("Takes waiting assignments, or waits for one.")
            .Reads<TakeBody>().Answers<AssignmentListBody>(200).Refuses(400, 404);
        taking.MapPost("/release", Release).WithSummary("A worker stops: its waiting takes answer at once, with what they were handed or with nothing.")
            .Reads<ReleaseBody>().Answers<NotedBody>(200).Refuses(400, 404);
        taking.MapGet("/stream", AssignmentStream.Open).WithSummary("Assignments as events, each as it comes, and what becomes of them while they are at work.")
            .WithDescription(AssignmentStream.Events)
            .ReadsQuery("lease_ms", "How long the worker may be silent, 1000 to 600000. Default 30000.", "integer")
            .AnswersEvents().Refuses(400, 404);

        var answering = v1.MapGroup("/assignments/{assignment}").WithTags("Assignments").RequireAuthorization(Rights.Agent).NeverHeldBack();
        answering.MapPost("/heartbeat", Heartbeat).WithSummary("Renews the lease; with wait_ms returns early when the attempt is superseded or cancelled.")
            .Reads<HeartbeatBody>().Answers<BeatBody>(200).Refuses(400, 404, 409);
        answering.MapPost("/publish", Publish).WithSummary("Commits early keys of a running attempt.").ReadsKey(Repeats)
            .Reads<PublishBody>().Answers<PublishedBody>(200).Refuses(400, 404, 409, 412, 422);
        answering.MapPut("/effects/{name}", PutEffect).WithSummary("Claims an effect before it is done, or with a receipt says that it was done.")
            .WithDescription("201 when this call recorded it. 200 with what is known when an attempt of the step claimed it or left its receipt before: with a receipt it is not done again, else it may have been done and is done under the same idempotency_key.")
            .Reads<EffectBody>().Answers<EffectLineBody>(200, 201).Refuses(400, 404, 409, 422);
        answering.MapGet("/effects/{name}", GetEffect).WithSummary("How an effect of the step stands; 404 when no attempt has claimed it.")
            .Answers<EffectLineBody>(200).Refuses(400, 404, 409);
        answering.MapPost("/ask", Ask).WithSummary("Ends the attempt with a question to a person; the next attempt has the answer.").ReadsKey(Repeats)
            .Reads<AskBody>().Answers<AskedBody>(200).Refuses(400, 404, 409);
        answering.MapPost("/complete", Complete).WithSummary("Ends the attempt with its writes.").ReadsKey(Repeats)
            .Reads<CompleteBody>().Answers<SettledBody>(200).Refuses(400, 404, 409);
        answering.MapPost("/fail", Fail).WithSummary("Ends the attempt without writes.").ReadsKey(Repeats)
            .Reads<FailBody>().Answers<NotedBody>(200).Refuses(400, 404, 409);
    }

    private const string Repeats = "Not needed: the assignment's id is the key, and a repeat gives the same answer.";

    // Taking is not repeatable: what an unanswered take got comes back when its lease ends.
    private static async Task<IResult> Take(string agent, HttpContext http, GrainsOf<ISupervisorGrain> supervisors)
    {
        var request = new RequestReader(http);
        var id = request.Agent(agent);
        if (request.Caller.RefusalToActFor(id) is { } forbidden) return new ProblemResult(forbidden);
        request.IdempotencyKey();
        var body = await request.BodyAsync<TakeBody>(optional: true);
        if (request.Refusal is { } refusal) return refusal;
        var supervisor = supervisors[id.Key];
        var outcome = await AssignmentStream.TakeFor(supervisor, body!.ToRequest(), http.RequestAborted);
        return outcome switch
        {
            TakeOutcome.Taken taken => TypedResults.Json(new AssignmentListBody([.. taken.Assignments.Select(AssignmentBody.Of)]), Wire.Json),
            TakeOutcome.Refused refused => new ProblemResult(refused.Problem),
            var other => throw new UnreachableException($"Unknown answer {other.GetType().Name}."),
        };
    }

    private static async Task<IResult> Release(string agent, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Agent(agent);
        if (request.Caller.RefusalToActFor(id) is { } forbidden) return new ProblemResult(forbidden);
        request.IdempotencyKey();
        var body = await request.BodyAsync<ReleaseBody>();
        if (request.Refusal is { } refusal) return refusal;
        await grains.GetGrain<ISupervisorGrain>(id.Key).Release(body!.Worker);
        return TypedResults.Json(new NotedBody("noted"), Wire.Json);
    }

    private static Task<IResult> Heartbeat(string assignment, HttpContext http, GrainsOf<ISupervisorGrain> supervisors) =>
        Settle<HeartbeatBody>(assignment, http, supervisors, (supervisor, id, body, _) => () => supervisor.Heartbeat(id, body.ToRequest()));

    private static Task<IResult> Publish(string assignment, HttpContext http, GrainsOf<ISupervisorGrain> supervisors) =>
        Settle<PublishBody>(assignment, http, supervisors, (supervisor, id, body, request) =>
        {
            var writes = Writes.Of(body.Writes, body.Delete, request);
            request.Require(!writes.IsEmpty, "", "There is nothing to publish.");
            return () => supervisor.Publish(id, writes);
        });

    private static Task<IResult> Complete(string assignment, HttpContext http, GrainsOf<ISupervisorGrain> supervisors) =>
        Settle<CompleteBody>(assignment, http, supervisors, (supervisor, id, body, request) =>
        {
            var completion = body.ToCompletion(request);
            return () => supervisor.Complete(id, completion);
        });

    private static Task<IResult> Fail(string assignment, HttpContext http, GrainsOf<ISupervisorGrain> supervisors) =>
        Settle<FailBody>(assignment, http, supervisors, (supervisor, id, body, _) => () => supervisor.Fail(id, body.ToFailure()));

    private static Task<IResult> Ask(string assignment, HttpContext http, GrainsOf<ISupervisorGrain> supervisors) =>
        Settle<AskBody>(assignment, http, supervisors, (supervisor, id, body, _) => () => supervisor.AskPerson(id, body.ToRequest()));

    private static Task<IResult> PutEffect(string assignment, string name, HttpContext http, GrainsOf<ISupervisorGrain> supervisors) =>
        Settle<EffectBody>(assignment, http, supervisors, (supervisor, id, body, _) => () => supervisor.Effect(id, new(name, body.Receipt)));

    private static async Task<IResult> GetEffect(string assignment, string name, HttpContext http, GrainsOf<ISupervisorGrain> supervisors)
    {
        var request = new RequestReader(http);
        var id = request.Assignment(assignment);
        if (request.Refusal is { } refusal) return refusal;
        if (request.Caller.RefusalToActFor(id.Agent) is { } forbidden) return new ProblemResult(forbidden);
        return Answer(await supervisors[id.Agent.Key].Effect(id, new(name, Look: true)));
    }

    private static async Task<IResult> Settle<T>(
        string assignment, HttpContext http, GrainsOf<ISupervisorGrain> supervisors, Func<ISupervisorGrain, AssignmentId, T, RequestReader, Func<Task<SettleOutcome>>> prepare) where T : class
    {
        var request = new RequestReader(http);
        var id = request.Assignment(assignment);
        if (request.Problem is null && request.Caller.RefusalToActFor(id.Agent) is { } forbidden) return new ProblemResult(forbidden);
        request.IdempotencyKey();
        if (await request.BodyAsync<T>(optional: typeof(T) == typeof(HeartbeatBody) || typeof(T) == typeof(EffectBody)) is not { } body || request.Problem is not null) return request.Refusal!;
        var act = prepare(supervisors[id.Agent.Key], id, body, request);
        return request.Refusal ?? Answer(await act());
    }

    private static IResult Answer(SettleOutcome outcome) => outcome switch
    {
        SettleOutcome.Settled settled => TypedResults.Json(new SettledBody(settled.Kind, settled.Version?.Number, settled.Reason), Wire.Json),
        SettleOutcome.Published published => TypedResults.Json(new PublishedBody(published.Version.Number), Wire.Json),
        SettleOutcome.Beat beat => TypedResults.Json(new BeatBody(beat.LeaseUntil, beat.Superseded, beat.Cancelled, beat.Changed is { } changed ? NewsBody.Of(changed) : null), Wire.Json),
        SettleOutcome.EffectKnown known => TypedResults.Json(EffectLineBody.Of(known.Effect), Wire.Json, statusCode: known.Made ? 201 : 200),
        SettleOutcome.Asked asked => TypedResults.Json(new AskedBody("asked", asked.Question), Wire.Json),
        SettleOutcome.Noted => TypedResults.Json(new NotedBody("noted"), Wire.Json),
        SettleOutcome.Refused refused => new ProblemResult(refused.Problem, StaleKeyBody.Of(refused.Stale)),
        _ => throw new UnreachableException($"Unknown answer {outcome.GetType().Name}."),
    };
}
