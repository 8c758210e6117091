using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>How a run stands or ended. SEMANTICS R10.</summary>
public enum RunStatus
{
    /// <summary>Accepted; nothing has started.</summary>
    Submitted,

    /// <summary>At work.</summary>
    Working,

    /// <summary>Every wanted output was accepted.</summary>
    Completed,

    /// <summary>Ended by itself; what is missing was optional or skipped.</summary>
    Partial,

    /// <summary>The deadline ended it.</summary>
    DeadlineExceeded,

    /// <summary>The budget ended it.</summary>
    BudgetExceeded,

    /// <summary>What a step read kept changing.</summary>
    StaleExhausted,

    /// <summary>A step's writes were not acceptable.</summary>
    AcceptanceFailed,

    /// <summary>An agent's breaker was open.</summary>
    CircuitOpen,

    /// <summary>An agent had no room.</summary>
    Overloaded,

    /// <summary>Waits for a person.</summary>
    InputRequired,

    /// <summary>Somebody cancelled it.</summary>
    Canceled,

    /// <summary>A step's answer was refused.</summary>
    Rejected,

    /// <summary>A step failed for good.</summary>
    Failed,
}

/// <summary>How an attempt ended.</summary>
public enum AttemptOutcome
{
    /// <summary>Still at work.</summary>
    Working,

    /// <summary>Its writes were committed.</summary>
    Accepted,

    /// <summary>What it read had changed.</summary>
    Stale,

    /// <summary>The agent said it failed, or threw.</summary>
    Failure,

    /// <summary>It took longer than its limit.</summary>
    Timeout,

    /// <summary>The worker fell silent, or the platform lost it.</summary>
    Lost,

    /// <summary>Its writes were refused.</summary>
    Rejected,

    /// <summary>The agent asked to be tried later.</summary>
    Deferred,

    /// <summary>The run ended first.</summary>
    Canceled,

    /// <summary>The supervisor refused it.</summary>
    Refused,

    /// <summary>It asked a person; the next attempt has the answer.</summary>
    Asked,
}

/// <summary>One attempt at a step, as the result lists it.</summary>
[GenerateSerializer, Immutable, Alias("rosud.attempt-view")]
public sealed record AttemptView
{
    /// <summary>The step.</summary>
    [Id(0)] public required string Step { get; init; }

    /// <summary>The agent.</summary>
    [Id(1)] public required string Agent { get; init; }

    /// <summary>The attempt number; grows, not always by one.</summary>
    [Id(2)] public required int Attempt { get; init; }

    /// <summary>How it ended.</summary>
    [Id(3)] public AttemptOutcome Outcome { get; init; }

    /// <summary>When it was handed to the agent; null when it never was.</summary>
    [Id(4)] public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When its outcome was known.</summary>
    [Id(5)] public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The version of the context it saw.</summary>
    [Id(6)] public ContextVersion? ReadVersion { get; init; }

    /// <summary>The version its writes made.</summary>
    [Id(7)] public ContextVersion? WroteVersion { get; init; }

    /// <summary>Why it ended as it did, in a sentence.</summary>
    [Id(8)] public string? Reason { get; init; }

    /// <summary>What it used.</summary>
    [Id(9)] public Usage Usage { get; init; } = new();

    /// <summary>What it was handed, at most 1,000 keys: only on the way to the audit chain, nowhere kept beside it.</summary>
    [Id(10)] internal ImmutableArray<HandedKey> Handed { get; init; } = [];

    /// <summary>It ended before it was known whether it had been handed to the agent: it may have been. Only on the way to the audit chain.</summary>
    [Id(12)] internal bool MayHaveStarted { get; init; }

    /// <summary>Of an answer that came too late: what it wanted to write, as far as that was kept. Nothing of it was committed.</summary>
    [Id(11)] public ImmutableArray<ContextWrite> LateWrites { get; init; } = [];
}

/// <summary>A key that an attempt was handed, and the version that had written it.</summary>
[GenerateSerializer, Immutable, Alias("rosud.handed-key")]
internal sealed record HandedKey([property: Id(0)] ContextKey Key, [property: Id(1)] ContextVersion Version);

/// <summary>One output of a run.</summary>
[GenerateSerializer, Immutable, Alias("rosud.run-output")]
public sealed record RunOutput([property: Id(0)] ContextKey Key, [property: Id(1)] JsonValue Value);

/// <summary>How many agents a run had, planned, called and needed.</summary>
[GenerateSerializer, Immutable, Alias("rosud.run-agents")]
public sealed record RunAgents(
    [property: Id(0)] int Registered,
    [property: Id(1)] int Planned,
    [property: Id(2)] int Fired,
    [property: Id(3)] int Needed);

/// <summary>Part of the way from the start to the result: work, or one kind of waiting.</summary>
/// <param name="Kind"><c>work</c>, <c>rework</c>, <c>queue</c>, <c>dispatch</c>, <c>context</c>, <c>commit</c>, <c>conflict</c>, <c>backoff</c> or <c>merge</c>.</param>
/// <param name="Ms">How long, in milliseconds.</param>
[GenerateSerializer, Immutable, Alias("rosud.path-part")]
public sealed record PathPart(
    [property: Id(0)] string Kind,
    [property: Id(1)] double Ms,
    [property: Id(2)] string? Step = null,
    [property: Id(3)] string? Agent = null,
    [property: Id(4)] int Attempt = 0);

/// <summary>One thing that happened in a run, for people.</summary>
/// <param name="At">When.</param>
/// <param name="Kind">For example <c>accepted</c>, <c>admitted</c>, <c>started</c>, <c>published</c>, <c>committed</c>, <c>stale</c>, <c>retried</c>, <c>ended</c>.</param>
/// <param name="Version">The version it read or made.</param>
/// <param name="Detail">More, in a few words.</param>
[GenerateSerializer, Immutable, Alias("rosud.timeline-event")]
public sealed record TimelineEvent(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] string Kind,
    [property: Id(2)] string? Step = null,
    [property: Id(3)] string? Agent = null,
    [property: Id(4)] int Attempt = 0,
    [property: Id(5)] ContextVersion? Version = null,
    [property: Id(6)] string? Detail = null);

/// <summary>A run as it stands or ended, with what it cost.</summary>
[GenerateSerializer, Immutable, Alias("rosud.run-result")]
public sealed record RunResult
{
    /// <summary>The run.</summary>
    [Id(0)] public required RunId Run { get; init; }

    /// <summary>The network its numbers go to.</summary>
    [Id(1)] public required string Network { get; init; }

    /// <summary>How it stands.</summary>
    [Id(2)] public required RunStatus Status { get; init; }

    /// <summary>What was accepted so far of what was wanted, whatever the status.</summary>
    [Id(3)] public ImmutableArray<RunOutput> Outputs { get; init; } = [];

    /// <summary>The context's version when the run was accepted.</summary>
    [Id(4)] public ContextVersion VersionStart { get; init; }

    /// <summary>The context's version when it ended, or now.</summary>
    [Id(5)] public ContextVersion VersionEnd { get; init; }

    /// <summary>Agents.</summary>
    [Id(6)] public RunAgents Agents { get; init; } = new(0, 0, 0, 0);

    /// <summary>Every attempt, in the order they were made.</summary>
    [Id(7)] public ImmutableArray<AttemptView> Attempts { get; init; } = [];

    /// <summary>Retries by cause: <c>stale</c>, <c>failure</c>, <c>lost</c>, <c>acceptance</c>.</summary>
    [Id(8)] public ImmutableSortedDictionary<string, int> RetriesByCause { get; init; } = ImmutableSortedDictionary<string, int>.Empty;

    /// <summary>Events by kind: <c>stale</c>, <c>behind</c>, <c>expired</c>.</summary>
    [Id(9)] public ImmutableSortedDictionary<string, int> StaleContextEvents { get; init; } = ImmutableSortedDictionary<string, int>.Empty;

    /// <summary>Steps that did not run on a failed or rejected output.</summary>
    [Id(10)] public int CascadePrevented { get; init; }

    /// <summary>The same by how the first attempt above each step ended: <c>failure</c>, <c>timeout</c>, <c>lost</c>, <c>rejected</c>, <c>stale</c>, <c>refused</c>.</summary>
    [Id(60)] public ImmutableSortedDictionary<string, int> CascadePreventedByCause { get; init; } = ImmutableSortedDictionary<string, int>.Empty;

    /// <summary>Tokens that agents reported.</summary>
    [Id(11)] public long WorkTokens { get; init; }

    /// <summary>Estimated tokens of what Rosud handed over: one per four bytes of view.</summary>
    [Id(12)] public long CoordinationTokens { get; init; }

    /// <summary>Cost in US dollars, reported or by the network's prices.</summary>
    [Id(13)] public decimal CostUsd { get; init; }

    /// <summary>When it was accepted.</summary>
    [Id(14)] public DateTimeOffset AcceptedAt { get; init; }

    /// <summary>When it ended; null while it runs.</summary>
    [Id(15)] public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Milliseconds from acceptance to end, or until now.</summary>
    [Id(16)] public double WallMs { get; init; }

    /// <summary>Milliseconds on the critical path that were neither work nor rework.</summary>
    [Id(17)] public double CoordinationOverheadMs { get; init; }

    /// <summary>The overhead by part; they sum to it.</summary>
    [Id(18)] public ImmutableSortedDictionary<string, double> OverheadPartsMs { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>Milliseconds on the critical path that attempts spent which were not accepted.</summary>
    [Id(19)] public double ReworkMs { get; init; }

    /// <summary>The critical path from acceptance to end; its parts sum to the wall time.</summary>
    [Id(20)] public ImmutableArray<PathPart> CriticalPath { get; init; } = [];

    /// <summary>Answers that came too late to count, also after the end: at most 32, with at most 64 KiB of what they wanted to write. Best effort.</summary>
    [Id(21)] public ImmutableArray<AttemptView> LateResults { get; init; } = [];

    /// <summary>Why it did not complete, in a sentence; null when it did.</summary>
    [Id(22)] public string? ProblemDetail { get; init; }

    /// <summary>The trace it belongs to, 32 hexadecimal digits.</summary>
    [Id(23)] public string TraceId { get; init; } = "";

    /// <summary>What happened, in order. At most 10,000 events.</summary>
    [Id(24)] public ImmutableArray<TimelineEvent> Timeline { get; init; } = [];

    /// <summary>The caller's task id, if there was one.</summary>
    [Id(25)] public string? TaskId { get; init; }

    /// <summary>What the task was to do.</summary>
    [Id(26)] public string Goal { get; init; } = "";

    /// <summary>What it asked people, in the order asked. The run is <see cref="RunStatus.InputRequired"/> while one is open.</summary>
    [Id(40)] public ImmutableArray<Question> Questions { get; init; } = [];

    /// <summary>What its steps did outside, or were about to do.</summary>
    [Id(41)] public ImmutableArray<Effect> Effects { get; init; } = [];

    /// <summary>Steps that were done without an attempt because another step of the run had done the equal work.</summary>
    [Id(27)] public int DuplicateWorkPrevented { get; init; }

    /// <summary>Steps that were answered from an earlier run, without an attempt; only of agents that are registered with <c>memo</c>.</summary>
    [Id(28)] public int MemoHits { get; init; }

    /// <summary>The run that started this one; null when none did.</summary>
    [Id(29)] public string? Parent { get; init; }

    /// <summary>Runs that this run's steps started; what they used is in this run's tokens and cost.</summary>
    [Id(30)] public ImmutableArray<string> Children { get; init; } = [];

    /// <summary>What each agent of this run used, in the order of their names; together with what the runs that its steps started used, they sum to this run's tokens and cost.</summary>
    [Id(70)] public ImmutableArray<AgentUsage> ByAgent { get; init; } = [];

    /// <summary>For each attempt that was told that it is behind: milliseconds from the first commit that it had not seen. At most 1,000; a driver that takes over begins anew.</summary>
    [Id(71)] public ImmutableArray<double> DetectionMs { get; init; } = [];

    /// <summary>Whether the run has ended.</summary>
    public bool HasEnded => Status is not (RunStatus.Submitted or RunStatus.Working or RunStatus.InputRequired);
}
