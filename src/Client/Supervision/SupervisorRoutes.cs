using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rosud.Agents;
using Rosud.Hosting;
using Rosud.Tenants;

namespace Rosud.Supervision;

/// <summary>Looking at an agent's supervisor, and stepping in.</summary>
internal static class SupervisorRoutes
{
    public static void Map(RouteGroupBuilder v1)
    {
        var supervisor = v1.MapGroup("/agents/{agent}/supervisor").WithTags("Supervision").NeverHeldBack();
        supervisor.MapGet("", Describe).WithSummary("Breaker and bulkhead of an agent.").RequireAuthorization(Rights.Client)
            .ReadsQuery("network", "The network whose breaker is shown first. Default default.")
            .Answers<SupervisorBody>(200).Refuses(400, 404);
        supervisor.MapPost("/reset", Reset).WithSummary("Closes every breaker and forgets forced states and quarantine.").RequireAuthorization(Rights.Operator)
            .Reads<NothingBody>().Answers<SupervisorBody>(200).Refuses(400, 404);
        supervisor.MapPost("/force-open", ForceOpen).WithSummary("Refuses every admission until reset.").RequireAuthorization(Rights.Operator)
            .Reads<NothingBody>().Answers<SupervisorBody>(200).Refuses(400, 404);
    }

    private static async Task<IResult> Describe(string agent, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Agent(agent);
        var network = request.QueryName("network");
        return request.Refusal ?? await Answer(grains, id, supervisor => supervisor.Describe(network));
    }

    // Both are the same when they are repeated, so they need no key.
    private static Task<IResult> Reset(string agent, HttpContext http, IGrainFactory grains) =>
        Intervene(agent, http, grains, supervisor => supervisor.Reset());

    private static Task<IResult> ForceOpen(string agent, HttpContext http, IGrainFactory grains) =>
        Intervene(agent, http, grains, supervisor => supervisor.ForceOpen());

    private static async Task<IResult> Intervene(string agent, HttpContext http, IGrainFactory grains, Func<ISupervisorGrain, Task<SupervisorView>> act)
    {
        var request = new RequestReader(http);
        var id = request.Agent(agent);
        request.IdempotencyKey();
        await request.BodyAsync<NothingBody>(optional: true);
        return request.Refusal ?? await Answer(grains, id, act);
    }

    // A supervisor would answer for any name: only a registered agent has one.
    private static async Task<IResult> Answer(IGrainFactory grains, AgentId agent, Func<ISupervisorGrain, Task<SupervisorView>> act)
    {
        if (await grains.GetGrain<IAgentGrain>(agent.Key).Describe() is AgentOutcome.Refused refused) return new ProblemResult(refused.Problem);
        return TypedResults.Json(SupervisorBody.Of(await act(grains.GetGrain<ISupervisorGrain>(agent.Key))), Wire.Json);
    }
}
