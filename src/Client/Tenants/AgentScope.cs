using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;

namespace Rosud.Tenants;

/// <summary>What a key of the role agent reaches: the channels that list its agent, and of their keys those in its contract.</summary>
internal static class AgentScope
{
    /// <summary>Answers that there is no such channel unless the caller's agent works there.</summary>
    public static async ValueTask<object?> Filter(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var caller = Caller.Of(http);
        if (caller.Role != Role.Agent || http.Request.RouteValues["channel"] is not string name || !Names.IsValid(name)) return await next(context);
        var grains = http.RequestServices.GetRequiredService<IGrainFactory>();
        var outcome = await grains.GetGrain<IChannelGrain>(new ChannelId(caller.Tenant, name).Key).Describe();
        return outcome is ChannelOutcome.Found { Channel.Spec.Agents: var agents } && agents.Contains(caller.Agent!)
            ? await next(context)
            : new ProblemResult(new(ProblemKind.NotFound, "There is no such channel."));
    }

    /// <summary>Why the caller may not write these keys; null when it may.</summary>
    public static async Task<Problem?> RefusalToWrite(Caller caller, ImmutableArray<ContextWrite> writes, IGrainFactory grains)
    {
        if (caller.Role != Role.Agent) return null;
        var outcome = await grains.GetGrain<IAgentGrain>(new AgentId(caller.Tenant, caller.Agent!).Key).Describe();
        var contract = outcome is AgentOutcome.Found { Agent.Spec.Writes: var patterns } ? patterns : [];
        return writes.All(write => contract.Any(pattern => pattern.Matches(write.Key)))
            ? null
            : new(ProblemKind.Forbidden, "This key writes only what its agent's contract names.");
    }
}
