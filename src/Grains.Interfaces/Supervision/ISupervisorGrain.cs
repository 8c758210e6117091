using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Supervision;

/// <summary>Admits assignments to one agent, hands them out, watches their leases and keeps results until their run has judged them.</summary>
/// <remarks>Keyed <c>tenant/agent</c>. No call waits for an agent's work; <see cref="Take"/> and <see cref="Heartbeat"/> park for at most 20 s.</remarks>
[Alias("rosud.supervisor")]
public interface ISupervisorGrain : IGrainWithStringKey
{
    /// <summary>Hands out waiting assignments to a pull agent; parks until one comes or <see cref="TakeRequest.Wait"/> has passed.</summary>
    /// <param name="request">How many, and for how long.</param>
    /// <param name="gone">The worker has gone: what it was handed meanwhile goes to another at once.</param>
    [Alias("take")]
    Task<TakeOutcome> Take(TakeRequest request, CancellationToken gone = default);

    /// <summary>Ends the waiting of every <see cref="Take"/> under this worker's name: each returns at once, with what it was handed or with nothing.</summary>
    /// <remarks>For a worker that stops. A take that is cut off instead may just have been handed something, which then waits for its lease.</remarks>
    [Alias("release")]
    Task Release(string worker);

    /// <summary>Renews an attempt's lease; parks until the attempt is superseded or cancelled, at most <see cref="HeartbeatRequest.Wait"/>.</summary>
    [Alias("heartbeat")]
    Task<SettleOutcome> Heartbeat(AssignmentId assignment, HeartbeatRequest request);

    /// <summary>How an attempt stands, without renewing its lease; parks until that changes, at most <paramref name="wait"/>.</summary>
    /// <param name="assignment">The attempt.</param>
    /// <param name="known">The version of the last change of its view that the caller knows; <see cref="ContextVersion.None"/> for none.</param>
    /// <param name="wait">At most 20 s; 0 or less answers at once.</param>
    /// <returns>A beat while it is at work or has to stop, <see cref="SettleOutcome.Noted"/> when its worker has ended it, a refusal as fenced when its lease or its time has.</returns>
    [Alias("watch")]
    Task<SettleOutcome> Watch(AssignmentId assignment, ContextVersion known, TimeSpan wait);

    /// <summary>Commits early keys of a running attempt, as provisional.</summary>
    [Alias("publish")]
    Task<SettleOutcome> Publish(AssignmentId assignment, ImmutableArray<ContextWrite> writes);

    /// <summary>Claims an effect of a running attempt, or leaves its receipt; durable when it returns. Repeating it gives the same line of the ledger.</summary>
    [Alias("effect")]
    Task<SettleOutcome> Effect(AssignmentId assignment, EffectRequest request);

    /// <summary>Ends an attempt with a question to a person; durable when it returns. Repeating it gives the same answer.</summary>
    [Alias("ask-person")]
    Task<SettleOutcome> AskPerson(AssignmentId assignment, AskRequest request);

    /// <summary>Ends an attempt with its writes. Repeating it gives the same answer.</summary>
    [Alias("complete")]
    Task<SettleOutcome> Complete(AssignmentId assignment, Completion completion);

    /// <summary>Ends an attempt without writes. Repeating it gives the same answer.</summary>
    [Alias("fail")]
    Task<SettleOutcome> Fail(AssignmentId assignment, Failure failure);

    /// <summary>Breaker and bulkhead as they are now; <paramref name="network"/> picks the breaker shown first.</summary>
    [Alias("describe")]
    Task<SupervisorView> Describe(string? network);

    /// <summary>Operator: closes every breaker and forgets forced states and quarantine.</summary>
    [Alias("reset")]
    Task<SupervisorView> Reset();

    /// <summary>Operator: refuses every admission until reset.</summary>
    [Alias("force-open")]
    Task<SupervisorView> ForceOpen();
}

/// <summary>A worker asks for assignments.</summary>
/// <param name="Max">At most this many, 1 to 100.</param>
/// <param name="Wait">How long to wait for the first, 0 to 20 s.</param>
/// <param name="Lease">How long the worker may be silent, 1 s to 10 min. Renew at a third of it.</param>
/// <param name="Worker">A name that only this worker has, for <see cref="ISupervisorGrain.Release"/>. Null when it never asks for that.</param>
[GenerateSerializer, Immutable, Alias("rosud.take-request")]
public sealed record TakeRequest([property: Id(0)] int Max, [property: Id(1)] TimeSpan Wait, [property: Id(2)] TimeSpan Lease, [property: Id(3)] string? Worker = null);

/// <summary>The answer to a worker that asked for assignments.</summary>
[GenerateSerializer, Immutable, Alias("rosud.take-outcome")]
public abstract record TakeOutcome
{
    private TakeOutcome() { }

    /// <summary>The assignments; none when none came in time.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.taken")]
    public sealed record Taken([property: Id(0)] ImmutableArray<Assignment> Assignments) : TakeOutcome;

    /// <summary>The agent is not registered, or not as a pull agent.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.take-refused")]
    public sealed record Refused([property: Id(0)] Problem Problem) : TakeOutcome;
}

/// <summary>A worker says that it is alive.</summary>
/// <param name="Progress">0 to 1, or null.</param>
/// <param name="Status">A few words, or null. At most 1,024 characters.</param>
/// <param name="Wait">How long to wait for news, 0 to 20 s.</param>
[GenerateSerializer, Immutable, Alias("rosud.heartbeat-request")]
public sealed record HeartbeatRequest([property: Id(0)] double? Progress, [property: Id(1)] string? Status, [property: Id(2)] TimeSpan Wait);
