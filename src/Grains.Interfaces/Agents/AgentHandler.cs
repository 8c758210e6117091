using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>One attempt, as a handler in this process sees it.</summary>
public interface IAgentWork
{
    /// <summary>What to do, and the view of the declared reads.</summary>
    Assignment Assignment { get; }

    /// <summary>Commits <paramref name="writes"/> before the attempt ends, so that steps which read them can start.</summary>
    /// <remarks>They are provisional until the attempt is accepted and are withdrawn when it is not.</remarks>
    /// <exception cref="OperationCanceledException">The attempt was fenced, superseded or cancelled: stop.</exception>
    Task<ContextVersion> Publish(ImmutableArray<ContextWrite> writes);

    /// <summary>Says how far it is; shown in the timeline. Also renews the lease.</summary>
    /// <param name="progress">0 to 1, or null when unknown.</param>
    /// <param name="status">A few words. At most 1,024 characters; longer is cut.</param>
    Task Report(double? progress, string? status);
}

/// <summary>An agent's code: does one assignment and says what to commit.</summary>
/// <param name="work">The attempt.</param>
/// <param name="stopped">Cancelled when the attempt is superseded, cancelled, out of time, or the host stops. Its writes are then refused anyway.</param>
/// <returns>What to commit. An exception is a failure that may be retried.</returns>
public delegate Task<Completion> AgentHandler(IAgentWork work, CancellationToken stopped);

/// <summary>An agent whose code runs in this process. A silo runs it as an in-process agent, a worker takes assignments for it.</summary>
/// <param name="Id">Who it is.</param>
/// <param name="Spec">Its registration; the transport is set by the host. Null for an agent that somebody else registers, which only a worker can take for.</param>
/// <param name="Handler">Its code. In a silo it must be asynchronous: code that blocks belongs into a worker process.</param>
public sealed record LocalAgent(AgentId Id, AgentSpec? Spec, AgentHandler Handler);

/// <summary>Registers agents whose code runs in this process.</summary>
public static class LocalAgentRegistration
{
    /// <summary>Adds the code of an agent of the default tenant that somebody else registers, as a pull agent. For worker processes.</summary>
    public static IServiceCollection AddRosudAgent(this IServiceCollection services, string name, AgentHandler handler) =>
        services.AddRosudAgent(TenantId.Default, name, null, handler);

    /// <summary>Adds an agent of the default tenant. Every silo of a cluster must add the same in-process agents.</summary>
    public static IServiceCollection AddRosudAgent(this IServiceCollection services, string name, AgentSpec spec, AgentHandler handler) =>
        services.AddRosudAgent(TenantId.Default, name, spec, handler);

    /// <summary>Adds an agent of <paramref name="tenant"/>. Every silo of a cluster must add the same in-process agents.</summary>
    /// <exception cref="ArgumentException"><paramref name="name"/> is no name.</exception>
    public static IServiceCollection AddRosudAgent(this IServiceCollection services, TenantId tenant, string name, AgentSpec? spec, AgentHandler handler)
    {
        if (!Names.IsValid(name)) throw new ArgumentException("An agent's name has 1 to 128 of a-z 0-9 . _ - and starts with a letter or digit.", nameof(name));
        return services.AddSingleton(new LocalAgent(new(tenant, name), spec, handler));
    }
}
