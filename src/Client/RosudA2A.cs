using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rosud.A2A;
using Rosud.Hosting;
using Rosud.Tenants;

namespace Rosud;

/// <summary>Lets agents of other makers give work to channels: Agent2Agent 1.0, HTTP+JSON.</summary>
public static class RosudA2A
{
    /// <summary>Where channels answer as agents: <c>/a2a/v1/{channel}</c>.</summary>
    public const string Path = "/a2a/v1";

    /// <summary>Maps <see cref="Path"/> and the agent card at <c>/.well-known/agent-card.json</c>. Runs are tasks, their outputs artifacts.</summary>
    /// <remarks>A message starts its run through the route of <c>/v1</c> as the same caller, so map <see cref="RosudHttp.MapRosud"/> first. The cards are public and say nothing of any tenant.</remarks>
    /// <exception cref="InvalidOperationException"><c>/v1</c> is not mapped.</exception>
    public static IEndpointRouteBuilder MapRosudA2A(this IEndpointRouteBuilder app)
    {
        if (app.ServiceProvider.GetService<Mapped>() is not { Yes: true } mapped) throw new InvalidOperationException("MapRosudA2A needs app.MapRosud() before it: messages go through the routes of /v1.");
        mapped.A2A = true;
        AgentCards.Map(app);
        var channel = app.MapGroup($"{Path}/{{channel}}").RequireAuthorization(Rights.Client).AddEndpointFilter(Protocol.Filter).AddEndpointFilter<RequestTurns>();
        MessageRoutes.Map(channel);
        TaskRoutes.Map(channel);
        UnsupportedRoutes.Map(channel);
        return app;
    }
}
