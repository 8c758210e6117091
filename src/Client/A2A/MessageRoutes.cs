using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rosud.Channels;
using Rosud.Hosting;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.A2A;

/// <summary>Messages to a channel: each starts a run, or answers what one asks.</summary>
internal static class MessageRoutes
{
    public static void Map(RouteGroupBuilder channel)
    {
        channel.MapPost("/message:send", Send).NeverHeldBack();   // The route that starts the run asks for the turn.
        channel.MapPost("/message:stream", Stream).NeverHeldBack();
    }

    private static async Task<IResult> Send(string channel, HttpContext http, IGrainFactory grains, RouteCalls calls, IChannelFeeds feeds, TimeProvider time)
    {
        var (message, refusal) = await SentMessage.ReadAsync(http, channel);
        if (refusal is not null) return refusal;
        var (run, refused) = await Begin(channel, message!, http, grains, calls);
        if (run is null) return refused!;
        if (!message!.ReturnImmediately) run = await new TaskStream(grains, feeds, time, run.Run).Settled(run, Preference.WaitMax, http.RequestAborted);
        return Protocol.Answer(new StreamResponse { Task = TaskDocument.Of(run) });
    }

    private static async Task<IResult> Stream(string channel, HttpContext http, IGrainFactory grains, RouteCalls calls, IChannelFeeds feeds, TimeProvider time)
    {
        var (message, refusal) = await SentMessage.ReadAsync(http, channel);
        if (refusal is not null) return refusal;
        var (run, refused) = await Begin(channel, message!, http, grains, calls);
        return run is null ? refused! : new TaskStream(grains, feeds, time, run.Run).Events(run, http);
    }

    private static async Task<(RunResult? Run, IResult? Refusal)> Begin(string channel, SentMessage message, HttpContext http, IGrainFactory grains, RouteCalls calls)
    {
        if (message.Task is { } task) return await Answer(channel, task, message, http, grains);
        var (run, refusal) = await MessageTask.Start(channel, message, http, calls);
        return run is null ? (null, refusal) : await TaskRoutes.Describe(Caller.Of(http).Tenant, channel, run, grains);
    }

    private static async Task<(RunResult? Run, IResult? Refusal)> Answer(string channel, string task, SentMessage message, HttpContext http, IGrainFactory grains)
    {
        var caller = Caller.Of(http);
        var (run, refusal) = await TaskRoutes.Describe(caller.Tenant, channel, task, grains);
        if (run is null) return (null, refusal);
        var question = message.Question ?? run.Questions.Where(question => question.State == QuestionState.Open).Select(question => question.Id).FirstOrDefault();
        if (run.HasEnded || question is null) return (null, RpcError.Of(400, "UNSUPPORTED_OPERATION", "This task asks nothing, so it takes no message. Send one without taskId for a new task."));
        return await grains.GetGrain<IRunGrain>(run.Run.Key).Answer(new(question, message.AsValue(), caller.Name)) switch
        {
            AnswerOutcome.Counted => await TaskRoutes.Describe(caller.Tenant, channel, task, grains),
            AnswerOutcome.Refused refused => (null, new ProblemResult(refused.Problem)),
            var other => throw new InvalidOperationException($"Unknown answer {other.GetType().Name}."),
        };
    }
}
