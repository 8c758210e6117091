using System.Collections.Immutable;
using Orleans.Concurrency;
using Rosud.Agents;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>The run's grain as the channel and the supervisors see it. PROTOCOL-runs §3.</summary>
[Alias("rosud.run-driver")]
internal interface IRunDriver : IGrainWithStringKey
{
    /// <summary>The channel accepted the run: drive it, under epoch 1.</summary>
    [Alias("start")]
    Task Start(AcceptedRun accepted, ContextView context, TimeSpan timeLeft, IRunObserver? observer);

    /// <summary>Somebody noticed that the run may have no driver: take over if that is so. Harmless when it has one.</summary>
    [Alias("resume")]
    Task Resume();

    /// <summary>A supervisor reports how an attempt went, and repeats it until it is answered. The answer is the release of the result.</summary>
    [Alias("settle")]
    Task<SettleOutcome> Settle(Settlement settlement);

    /// <summary>A running attempt publishes early keys.</summary>
    [Alias("publish")]
    Task<SettleOutcome> Publish(AssignmentId assignment, ImmutableArray<ContextWrite> writes);

    /// <summary>A running attempt claims an effect or leaves its receipt.</summary>
    [Alias("effect")]
    Task<SettleOutcome> Effect(AssignmentId assignment, EffectRequest request);

    /// <summary>A queued attempt was handed out, or said how far it is. May be lost.</summary>
    [OneWay, Alias("progress")]
    Task Progress(AttemptProgress progress);

    /// <summary>An attempt that no longer counts was completed: kept with the result, best effort. May be lost, and may come more than once.</summary>
    [OneWay, Alias("late")]
    Task Late(LateCompletion late);

    /// <summary>Keys that the run reads have changed. May be lost: the check at commit does not depend on it.</summary>
    [OneWay, Alias("changed")]
    Task Changed(ContextVersion from, ContextVersion to, ImmutableArray<Change> changes);

    /// <summary>The channel ended the run by itself (deadline, deleted channel).</summary>
    [OneWay, Alias("ended")]
    Task Ended(RunEnd end);

    /// <summary>The channel is deleted and the run over: of its archive only how and when it ended is left. Repeating it is harmless.</summary>
    [Alias("forget")]
    Task Forget(RunEnd end);

    /// <summary>What bounds a child of this run. Changes nothing.</summary>
    [Alias("standing")]
    Task<ParentAnswer> Standing();

    /// <summary>A run below this one is about to be accepted: durable in this run's record, so that it ends with this run. Repeating it counts once.</summary>
    [Alias("spawn")]
    Task<ParentAnswer> Spawn(ChildRun child);

    /// <summary>A run that this one started has ended.</summary>
    [Alias("child-ended")]
    Task ChildEnded(RunId child, ChildUsage used);

    /// <summary>The run's parent has ended, so it ends too.</summary>
    /// <returns>What it has used.</returns>
    [Alias("parent-ended")]
    Task<ChildUsage> ParentEnded();

    /// <summary>The run for the dashboard.</summary>
    [ReadOnly, Alias("state")]
    Task<RunState> GetState();
}

/// <summary>How an attempt went, by its supervisor.</summary>
[GenerateSerializer, Immutable, Alias("rosud.settlement")]
internal sealed record Settlement
{
    [Id(0)] public required AssignmentId Assignment { get; init; }

    [Id(1)] public required SettlementKind Kind { get; init; }

    /// <summary>What the agent wants committed, with <see cref="SettlementKind.Completed"/>.</summary>
    [Id(2)] public Completion? Completion { get; init; }

    /// <summary>Why not, in a sentence.</summary>
    [Id(3)] public string? Reason { get; init; }

    /// <summary>With failed: whether another attempt could succeed.</summary>
    [Id(4)] public bool Retryable { get; init; } = true;

    /// <summary>With deferred or refused: when to try again.</summary>
    [Id(5)] public TimeSpan? RetryAfter { get; init; }

    /// <summary>When it was admitted, handed out, and ended, by the supervisor's clock. Null when it was not.</summary>
    [Id(6)] public DateTimeOffset? AdmittedAt { get; init; }

    [Id(7)] public DateTimeOffset? StartedAt { get; init; }

    [Id(8)] public DateTimeOffset EndedAt { get; init; }

    /// <summary>The version of the view it was handed.</summary>
    [Id(9)] public ContextVersion ReadVersion { get; init; }

    /// <summary>With <see cref="SettlementKind.Asked"/>: the question.</summary>
    [Id(20)] public AskRequest? Asked { get; init; }
}

/// <summary>How an attempt went, by its supervisor.</summary>
internal enum SettlementKind
{
    /// <summary>The agent answered.</summary>
    Completed,

    /// <summary>The agent said that it failed, threw, or answered garbage.</summary>
    Failed,

    /// <summary>It took longer than its limit.</summary>
    TimedOut,

    /// <summary>The worker fell silent: charged.</summary>
    LeaseLost,

    /// <summary>The platform lost it: not charged.</summary>
    Lost,

    /// <summary>The agent is throttled: try later, nothing charged.</summary>
    Deferred,

    /// <summary>It left the queue without being handed out: no room, or the breaker is open.</summary>
    Overloaded,

    /// <summary>The breaker opened while it waited.</summary>
    CircuitOpen,

    /// <summary>The agent asks a person.</summary>
    Asked,
}

/// <summary>How far an attempt is.</summary>
[GenerateSerializer, Immutable, Alias("rosud.attempt-progress")]
internal sealed record AttemptProgress(
    [property: Id(0)] AssignmentId Assignment,
    [property: Id(1)] DateTimeOffset At,
    [property: Id(2)] bool Started,
    [property: Id(3)] double? Progress,
    [property: Id(4)] string? Status);

/// <summary>The answer of an attempt that no longer counts.</summary>
[GenerateSerializer, Immutable, Alias("rosud.late-completion")]
internal sealed record LateCompletion([property: Id(0)] AssignmentId Assignment, [property: Id(1)] Completion Completion);
