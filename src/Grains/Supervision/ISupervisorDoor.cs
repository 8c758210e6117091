using System.Collections.Immutable;
using Orleans.Concurrency;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Supervision;

/// <summary>The supervisor as runs see it. PROTOCOL-runs §3. Implemented by the supervisor's grain, same key.</summary>
[Alias("rosud.supervisor-door")]
internal interface ISupervisorDoor : IGrainWithStringKey
{
    /// <summary>Admits one attempt: it is handed out at once, waits in the bounded queue, or is refused. Returns at once.</summary>
    [Alias("admit"), ResponseTimeout(RunCalls.Limit)]
    Task<AdmitAnswer> Admit(AdmitRequest request);

    /// <summary>Asks what became of an attempt. A kept result is sent again.</summary>
    [Alias("ask"), ResponseTimeout(RunCalls.Limit)]
    Task<AskAnswer> Ask(RunId run, int epoch, string step, int attempt, long incarnation);

    /// <summary>A recovered driver asks for what is still alive of its run; fences older drivers. Kept results are sent again.</summary>
    [Alias("query"), ResponseTimeout(RunCalls.Limit)]
    Task<QueryAnswer> Query(RunId run, int epoch);

    /// <summary>The run ended or was cancelled: its queued attempts leave, its running ones are told and fenced.</summary>
    [Alias("cancel")]
    Task Cancel(RunId run, int epoch);

    /// <summary>A running attempt rests on changed context: tell it, fence it and free its permit.</summary>
    [Alias("supersede")]
    Task Supersede(AssignmentId assignment, int epoch);

    /// <summary>What a running attempt was handed has changed, and its agent can take that in: hand it on.</summary>
    [Alias("rebase")]
    Task Rebase(AssignmentId assignment, int epoch, ChangedContext changed);

    /// <summary>The agent's registration changed; null when it was removed.</summary>
    [Alias("registered")]
    Task Registered(AgentView? agent);

    /// <summary>What the agent depends on, together with others, changed.</summary>
    [OneWay, Alias("dependency-moved")]
    Task DependencyMoved(DependencyState state);
}

/// <summary>Asks a supervisor to admit one attempt.</summary>
[GenerateSerializer, Immutable, Alias("rosud.admit-request")]
internal sealed record AdmitRequest
{
    [Id(0)] public required AssignmentId Assignment { get; init; }

    [Id(1)] public required int Epoch { get; init; }

    /// <summary>The supervisor incarnation this is meant for; 0 when not known yet.</summary>
    [Id(2)] public required long Incarnation { get; init; }

    [Id(3)] public required string Goal { get; init; }

    [Id(4)] public required JsonValue Input { get; init; }

    [Id(5)] public required ContextView Context { get; init; }

    [Id(6)] public AssignmentChange? Changed { get; init; }

    [Id(7)] public required string IdempotencyKey { get; init; }

    /// <summary>Until the run's deadline, measured from when this arrives.</summary>
    [Id(8)] public required TimeSpan TimeLeft { get; init; }

    /// <summary>The longest an attempt may take from when it is handed out.</summary>
    [Id(9)] public required TimeSpan Timeout { get; init; }

    [Id(10)] public required RunPriority Priority { get; init; }

    /// <summary>When the run was accepted: the queue's order.</summary>
    [Id(11)] public required DateTimeOffset AcceptedAt { get; init; }

    [Id(12)] public required string Network { get; init; }

    [Id(13)] public required double BreakerThreshold { get; init; }

    [Id(14)] public required IsolationKind Isolation { get; init; }

    /// <summary>A fallback attempt: not held back by the breaker of the step's first agent (it has its own).</summary>
    [Id(15)] public bool Fallback { get; init; }

    [Id(16)] public string? TraceParent { get; init; }

    /// <summary>What people have answered to the step, as far as it still holds.</summary>
    [Id(20)] public ImmutableArray<Question> Answers { get; init; } = [];

    /// <summary>What a verifier is to judge.</summary>
    [Id(21)] public ProposedWork? Proposed { get; init; }

    /// <summary>Why the attempt before was not accepted.</summary>
    [Id(22)] public string? Feedback { get; init; }

    /// <summary>Runs only for comparison: no outside effects.</summary>
    [Id(40)] public bool Shadow { get; init; }

    /// <summary>Admit it although the agent's breaker is open: half of its capability's group is left out already, and no more may be.</summary>
    [Id(30)] public bool IsLastResort { get; init; }
}

/// <summary>The answer to an admission.</summary>
[GenerateSerializer, Immutable, Alias("rosud.admit-answer")]
internal abstract record AdmitAnswer
{
    private AdmitAnswer() { }

    /// <summary>Meant for another incarnation; nothing was done. <paramref name="Incarnation"/> is this one.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.admit-bounced")]
    internal sealed record Bounced([property: Id(0)] long Incarnation) : AdmitAnswer;

    /// <summary>Repeated, fenced or from an old driver; nothing was done.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.admit-ignored")]
    internal sealed record Ignored : AdmitAnswer;

    /// <summary>Handed out at <paramref name="At"/>.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.admit-started")]
    internal sealed record Started([property: Id(0)] DateTimeOffset At) : AdmitAnswer
    {
        /// <summary>What the agent's last answers took, in the middle; null before there are five.</summary>
        [Id(1)] public TimeSpan? Median { get; init; }
    }

    /// <summary>Waits for room, or for a worker that takes it.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.admit-queued")]
    internal sealed record Queued : AdmitAnswer;

    /// <summary>Refused: <c>overloaded</c> or <c>circuit-open</c> with when to try again, <c>not-found</c> when the agent is not registered.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.admit-refused")]
    internal sealed record Refused([property: Id(0)] Problem Problem) : AdmitAnswer;
}

/// <summary>What became of an attempt.</summary>
internal enum AskAnswer
{
    /// <summary>It waits, runs, or its result was sent again.</summary>
    Known,

    /// <summary>This incarnation never saw it: admit it again, to the same incarnation.</summary>
    NeverSeen,

    /// <summary>Lost by the platform (another incarnation had it): fenced now, not charged.</summary>
    Lost,

    /// <summary>Started here and gone: fenced now, charged.</summary>
    LostHere,
}

/// <summary>What is alive of a run at one supervisor.</summary>
[GenerateSerializer, Immutable, Alias("rosud.query-answer")]
internal sealed record QueryAnswer([property: Id(0)] long Incarnation, [property: Id(1)] ImmutableArray<LiveAttempt> Live)
{
    /// <summary>How long workers that an earlier incarnation knew may still say that they are alive; null when all that is alive is known.</summary>
    [Id(2)]
    public TimeSpan? Wait { get; init; }
}

/// <summary>An attempt that waits, runs, or whose result is kept.</summary>
[GenerateSerializer, Immutable, Alias("rosud.live-attempt")]
internal sealed record LiveAttempt(
    [property: Id(0)] string Step,
    [property: Id(1)] int Attempt,
    [property: Id(2)] ContextVersion ReadVersion,
    [property: Id(3)] DateTimeOffset? StartedAt);
