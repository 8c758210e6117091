using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>Registering agents.</summary>
internal static class AgentRoutes
{
    public static void Map(RouteGroupBuilder v1)
    {
        var agents = v1.MapGroup("/agents").WithTags("Agents").RequireAuthorization(Rights.Client);
        agents.MapGet("", List).WithSummary("The agents, in the order of their names.")
            .ReadsPage().Answers<AgentListBody>(200).Refuses(400);
        agents.MapPut("/{agent}", Register).NeverHeldBack().WithSummary("Registers an agent or replaces its registration.")
            .Reads<RegisterAgentBody>().Answers<AgentBody>(200, 201).Refuses(400);
        agents.MapGet("/{agent}", Describe).WithSummary("An agent's registration.")
            .Answers<AgentBody>(200).Refuses(400, 404);
        agents.MapDelete("/{agent}", Remove).WithSummary("Removes a registration. Assignments at work go on.")
            .Produces(204).Refuses(400, 404);
    }

    private static async Task<IResult> Register(string agent, HttpContext http, IGrainFactory grains, AgentHosts hosts)
    {
        var request = new RequestReader(http);
        var id = request.Agent(agent);
        request.Require(agent != Origin.Platform, "agent", "This name is the platform's own.");
        var body = await request.BodyAsync<RegisterAgentBody>();
        var spec = body?.ToSpec(request, hosts);
        return request.Refusal ?? Answer(await grains.GetGrain<IAgentGrain>(id.Key).Register(spec!));
    }

    private static async Task<IResult> Describe(string agent, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Agent(agent);
        return request.Refusal ?? Answer(await grains.GetGrain<IAgentGrain>(id.Key).Describe());
    }

    private static async Task<IResult> Remove(string agent, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Agent(agent);
        return request.Refusal ?? Answer(await grains.GetGrain<IAgentGrain>(id.Key).Remove());
    }

    private static async Task<IResult> List(HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var (limit, after, tenant) = (request.QueryLimit(), request.QueryName("after"), request.Caller.Tenant);
        if (request.Refusal is { } refusal) return refusal;
        var (names, more) = await Listing.ReadAsync(grains, tenant, "agents", after, limit);
        var outcomes = await Task.WhenAll(names.Select(name => grains.GetGrain<IAgentGrain>(new AgentId(tenant, name).Key).Describe()));
        return TypedResults.Json(
            new AgentListBody([.. outcomes.OfType<AgentOutcome.Found>().Select(found => AgentBody.Of(found.Agent))], more ? names[^1] : null), Wire.Json);
    }

    private static IResult Answer(AgentOutcome outcome) => outcome switch
    {
        AgentOutcome.Found found => TypedResults.Json(AgentBody.Of(found.Agent), Wire.Json, statusCode: found.Made ? 201 : 200),
        AgentOutcome.Removed => TypedResults.NoContent(),
        AgentOutcome.Refused refused => new ProblemResult(refused.Problem),
        _ => throw new UnreachableException($"Unknown answer {outcome.GetType().Name}."),
    };
}
