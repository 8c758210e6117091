using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>One attempt, as a handler in this process sees it.</summary>
public interface IAgentWork
{
    /// <summary>What to do, and the view of the declared reads.</summary>
    Assignment Assignment { get; }

    /// <summary>The view of the declared reads: as handed out, or as of the last <see cref="Rebase"/>.</summary>
    ContextView Context => Assignment.Context;

    /// <summary>Whether something of <see cref="Context"/> has changed that <see cref="Rebase"/> can take in. Only in runs with <c>on_stale_context</c> rebase, of an agent registered with it.</summary>
    bool HasChanged => false;

    /// <summary>Completes when <see cref="HasChanged"/> is true, or is cancelled with <paramref name="stopped"/>.</summary>
    Task WhenChanged(CancellationToken stopped) => new TaskCompletionSource().Task.WaitAsync(stopped);

    /// <summary>Takes what has changed into <see cref="Context"/>; the attempt's completion then rests on it.</summary>
    /// <returns>The keys that changed, came or went since the attempt began; none when nothing has since the last call.</returns>
    ImmutableArray<ContextKey> Rebase() => [];

    /// <summary>Commits <paramref name="writes"/> before the attempt ends, so that steps which read them can start.</summary>
    /// <remarks>They are provisional until the attempt is accepted and are withdrawn when it is not.</remarks>
    /// <exception cref="OperationCanceledException">The attempt was fenced, superseded or cancelled: stop.</exception>
    Task<ContextVersion> Publish(ImmutableArray<ContextWrite> writes);

    /// <summary>Says how far it is; shown in the timeline. Also renews the lease.</summary>
    /// <param name="progress">0 to 1, or null when unknown.</param>
    /// <param name="status">A few words. At most 1,024 characters; longer is cut.</param>
    Task Report(double? progress, string? status);

    /// <summary>Does something outside once per run and step, whatever becomes of this attempt: claims it durably, does it, keeps its receipt durably.</summary>
    /// <param name="name">Its name within the step: 1 to 128 of a-z 0-9 . _ -, starting with a letter or digit.</param>
    /// <param name="act">
    /// Does it and returns what is to be remembered, at most 16 KiB. It gets the key under which whoever is outside knows the request again; that key is the same in every
    /// attempt of the step. It is not called when an earlier attempt left a receipt. It is called again when an attempt was lost between the claim and the
    /// receipt, because nobody here can know whether it was done: the one outside must honour the key.
    /// </param>
    /// <returns>The effect with its receipt: this attempt's or the earlier one's, with the versions it was made on.</returns>
    /// <exception cref="OperationCanceledException">The attempt was fenced, superseded or cancelled: stop.</exception>
    /// <exception cref="RefusedException">The step did not declare the effect, or the receipt is too large.</exception>
    Task<Effect> Effect(string name, Func<string, Task<JsonValue>> act);

    /// <summary>Asks a person. The first time this ends the attempt and does not return; the handler runs again when the answer is there, and then it returns.</summary>
    /// <remarks>
    /// What the handler did before it asked is done again, so effects go through <see cref="Effect"/>. The answer holds for what the attempt was handed: when any of it changes before
    /// the answer counts, or before the step's writes are committed, the answer is void and the handler asks anew.
    /// </remarks>
    /// <param name="question">The question, 1 to 16,384 characters: with the same words the answer is found again. It names what is to be decided, for example the price.</param>
    /// <param name="schema">JSON schema of an answer; null for any value.</param>
    /// <param name="expires">How long an answer counts, 1 ms to 7 days; null until the run's deadline. After it the step fails.</param>
    /// <exception cref="OperationCanceledException">The attempt ended with the question, or was over: leave the handler.</exception>
    /// <exception cref="RefusedException">The question is too large, or its schema has faults.</exception>
    Task<JsonValue> Ask(string question, JsonValue? schema = null, TimeSpan? expires = null);
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
