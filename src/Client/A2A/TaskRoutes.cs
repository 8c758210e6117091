using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rosud.Channels;
using Rosud.Hosting;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.A2A;

/// <summary>Looking at tasks, following and cancelling them.</summary>
internal static class TaskRoutes
{
    public static void Map(RouteGroupBuilder channel)
    {
        channel.MapGet("/tasks", TaskPages.List);
        channel.MapGet("/tasks/{task}", Get).NeverHeldBack();
        channel.MapPost("/tasks/{task}:cancel", Cancel).NeverHeldBack();
        channel.MapMethods("/tasks/{task}:subscribe", [HttpMethods.Get, HttpMethods.Post], Subscribe).NeverHeldBack();   // Of the protocol's two texts, one says GET and one POST.
    }

    /// <summary>The run that is this task of the channel, or that there is none.</summary>
    public static async Task<(RunResult? Run, IResult? Refusal)> Describe(TenantId tenant, string channel, string task, IGrainFactory grains)
    {
        if (!IsOf(tenant, channel, task, out var run)) return (null, RpcError.NoTask);
        return await grains.GetGrain<IRunGrain>(run.Key).Describe() switch
        {
            RunOutcome.Found found => (found.Result, null),
            RunOutcome.Refused refused => (null, Refusal(refused)),
            var other => throw new InvalidOperationException($"Unknown answer {other.GetType().Name}."),
        };
    }

    private static async Task<IResult> Get(string channel, string task, HttpContext http, IGrainFactory grains) =>
        await Describe(Caller.Of(http).Tenant, channel, task, grains) is var (run, refusal) && run is null ? refusal! : Protocol.Answer(TaskDocument.Of(run));

    private static async Task<IResult> Cancel(string channel, string task, HttpContext http, IGrainFactory grains)
    {
        var (_, error) = await JsonBody.ReadAsync(http, optional: true);
        if (error is not null) return new ProblemResult(Problem.Invalid(error.Pointer, error.Message));
        if (!IsOf(Caller.Of(http).Tenant, channel, task, out var run)) return RpcError.NoTask;
        return await grains.GetGrain<IRunGrain>(run.Key).Cancel() switch
        {
            RunOutcome.Found { Result: { Status: RunStatus.Canceled } canceled } => Protocol.Answer(TaskDocument.Of(canceled)),
            RunOutcome.Found => RpcError.Of(400, "TASK_NOT_CANCELABLE", "This task has ended."),
            RunOutcome.Refused refused => Refusal(refused),
            var other => throw new InvalidOperationException($"Unknown answer {other.GetType().Name}."),
        };
    }

    private static async Task<IResult> Subscribe(string channel, string task, HttpContext http, IGrainFactory grains, IChannelFeeds feeds, TimeProvider time)
    {
        var (run, refusal) = await Describe(Caller.Of(http).Tenant, channel, task, grains);
        if (run is null) return refusal!;
        return run.HasEnded ? RpcError.Of(400, "UNSUPPORTED_OPERATION", "This task has ended: get it instead.") : new TaskStream(grains, feeds, time, run.Run).Events(run, http);
    }

    private static bool IsOf(TenantId tenant, string channel, string task, out RunId run) => RunId.TryParse(tenant, task, out run) && run.Channel.Name == channel;

    private static IResult Refusal(RunOutcome.Refused refused) => refused.Problem.Kind == ProblemKind.NotFound ? RpcError.NoTask : new ProblemResult(refused.Problem);
}
