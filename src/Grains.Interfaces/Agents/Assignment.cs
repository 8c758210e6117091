using System.Collections.Immutable;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>One attempt at one step, as the agent gets it.</summary>
[GenerateSerializer, Immutable, Alias("rosud.assignment")]
public sealed record Assignment
{
    /// <summary>Names the attempt; every answer goes under it.</summary>
    [Id(0)] public required AssignmentId Id { get; init; }

    /// <summary>What to do, in words.</summary>
    [Id(1)] public required string Goal { get; init; }

    /// <summary>The task's input; JSON null when there is none.</summary>
    [Id(2)] public JsonValue Input { get; init; } = JsonValue.Null;

    /// <summary>When the attempt ends whatever happens, by the cluster's clock; for display.</summary>
    [Id(3)] public required DateTimeOffset Deadline { get; init; }

    /// <summary>Time left when it was handed out: what to measure with.</summary>
    [Id(4)] public required TimeSpan TimeLeft { get; init; }

    /// <summary>Until when the lease holds without a heartbeat.</summary>
    [Id(5)] public required DateTimeOffset LeaseUntil { get; init; }

    /// <summary>Runs only for comparison: no outside effects.</summary>
    [Id(6)] public bool Shadow { get; init; }

    /// <summary>The declared reads, as they were at one version.</summary>
    [Id(7)] public required ContextView Context { get; init; }

    /// <summary>What changed since the attempt before, when there was one.</summary>
    [Id(8)] public AssignmentChange? Changed { get; init; }

    /// <summary>The same after a failure or loss, another after a stale retry: give it to whatever has effects.</summary>
    [Id(9)] public required string IdempotencyKey { get; init; }

    /// <summary>W3C trace context of the run.</summary>
    [Id(10)] public string? TraceParent { get; init; }

    /// <summary>What people have answered to the step's questions. An answer whose question rested on something that has changed is not here.</summary>
    [Id(20)] public ImmutableArray<Question> Answers { get; init; } = [];

    /// <summary>What a verifier is to judge; null for all other work.</summary>
    [Id(21)] public ProposedWork? Proposed { get; init; }

    /// <summary>Why the attempt before was not accepted, when a verifier or a schema refused it.</summary>
    [Id(22)] public string? Feedback { get; init; }
}

/// <summary>What an attempt wants to commit, as its verifier gets it.</summary>
/// <remarks>The verifier answers with <c>output</c> <c>{"accepted":bool,"reason"?}</c> and no writes.</remarks>
[GenerateSerializer, Immutable, Alias("rosud.proposed-work")]
public sealed record ProposedWork(
    [property: Id(0)] string Step,
    [property: Id(1)] string Agent,
    [property: Id(2)] int Attempt,
    [property: Id(3)] ImmutableArray<ContextWrite> Writes,
    [property: Id(4)] JsonValue? Output);

/// <summary>What changed in an attempt's reads since the attempt before.</summary>
[GenerateSerializer, Immutable, Alias("rosud.assignment-change")]
public sealed record AssignmentChange([property: Id(0)] ContextVersion Since, [property: Id(1)] ImmutableArray<ContextKey> Keys);

/// <summary>Keys that a running attempt was handed and that have changed since, for an agent that can take them in (<c>rebase</c>).</summary>
/// <param name="Change">Which keys, since the version of the view that it was handed first.</param>
/// <param name="Context">Those keys as they are now, without those that are gone. A completion that has taken them in names its version.</param>
[GenerateSerializer, Immutable, Alias("rosud.changed-context")]
public sealed record ChangedContext([property: Id(0)] AssignmentChange Change, [property: Id(1)] ContextView Context)
{
    /// <summary>The view that results when these changes are taken into <paramref name="handed"/>, the view that was handed first.</summary>
    internal ContextView Into(ContextView handed) => new(
        Context.Version,
        [.. handed.Entries.Where(entry => !Change.Keys.Contains(entry.Key)).Concat(Context.Entries).OrderBy(entry => entry.Key)]);
}

/// <summary>What an attempt used.</summary>
/// <param name="InputTokens">Tokens that went into models.</param>
/// <param name="OutputTokens">Tokens that came out.</param>
/// <param name="CostUsd">What it cost; null to be charged by the network's prices.</param>
/// <param name="Model">The model, whose price counts before the agent's; null when it has none or several.</param>
[GenerateSerializer, Immutable, Alias("rosud.usage")]
public sealed record Usage(
    [property: Id(0)] long InputTokens = 0,
    [property: Id(1)] long OutputTokens = 0,
    [property: Id(2)] decimal? CostUsd = null,
    [property: Id(3)] string? Model = null)
{
    internal const int ModelLengthMax = 128;
}

/// <summary>An agent's answer to an assignment: what it wants committed.</summary>
[GenerateSerializer, Immutable, Alias("rosud.completion")]
public sealed record Completion
{
    /// <summary>Writes within the step's declared writes; each key once. May be empty.</summary>
    [Id(0)] public ImmutableArray<ContextWrite> Writes { get; init; } = [];

    /// <summary>A value beside the context; checked by the agent's output schema.</summary>
    [Id(1)] public JsonValue? Output { get; init; }

    /// <summary>What it really relied on; may only narrow the view. Null for the whole view.</summary>
    [Id(2)] public ImmutableArray<KeyPattern>? Reads { get; init; }

    /// <summary>What it used.</summary>
    [Id(3)] public Usage Usage { get; init; } = new();

    /// <summary>The version of the context it rests on, when the agent has taken in changes while it worked; null for the view it was handed.</summary>
    [Id(4)] public ContextVersion? BasedOn { get; init; }
}

/// <summary>An agent says that it could not do an assignment.</summary>
[GenerateSerializer, Immutable, Alias("rosud.failure")]
public sealed record Failure
{
    /// <summary>An assignment goes back untouched, for another worker.</summary>
    internal static Failure WorkerGone { get; } = new() { Reason = "The worker had gone before it got the assignment.", RetryAfter = TimeSpan.Zero };

    /// <summary>Why, in a sentence. At most 4,096 characters; longer is cut.</summary>
    [Id(0)] public required string Reason { get; init; }

    /// <summary>Whether another attempt could succeed.</summary>
    [Id(1)] public bool Retryable { get; init; } = true;

    /// <summary>The agent is throttled: try again after this. A deferral spends no retry and does not count in the breaker.</summary>
    [Id(2)] public TimeSpan? RetryAfter { get; init; }
}

/// <summary>What became of a completion.</summary>
public enum SettleKind
{
    /// <summary>Its writes are committed.</summary>
    Accepted,

    /// <summary>It rests on a value that is not accepted yet; it will be committed or dropped without another call.</summary>
    Held,

    /// <summary>What it read has changed; nothing was committed, and another attempt may follow.</summary>
    Stale,

    /// <summary>It broke its contract or was not acceptable; nothing was committed.</summary>
    Rejected,
}

/// <summary>The answer to an agent's verb on an assignment.</summary>
[GenerateSerializer, Immutable, Alias("rosud.settle-outcome")]
public abstract record SettleOutcome
{
    private SettleOutcome() { }

    /// <summary>The completion was judged.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.settled")]
    public sealed record Settled([property: Id(0)] SettleKind Kind, [property: Id(1)] ContextVersion? Version, [property: Id(2)] string? Reason = null) : SettleOutcome;

    /// <summary>Early keys are in the context.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.settle-published")]
    public sealed record Published([property: Id(0)] ContextVersion Version) : SettleOutcome;

    /// <summary>The lease is renewed.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.settle-beat")]
    public sealed record Beat([property: Id(0)] DateTimeOffset LeaseUntil, [property: Id(1)] bool Superseded, [property: Id(2)] bool Cancelled) : SettleOutcome
    {
        /// <summary>What has changed of what the attempt was handed, for an agent that can take it in; null when nothing has.</summary>
        [Id(3)] public ChangedContext? Changed { get; init; }
    }

    /// <summary>The failure is noted.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.settle-noted")]
    public sealed record Noted : SettleOutcome;

    /// <summary>How an effect stands. <paramref name="Made"/> is true when this call recorded it.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.settle-effect")]
    public sealed record EffectKnown([property: Id(0)] Effect Effect, [property: Id(1)] bool Made) : SettleOutcome;

    /// <summary>The question is durable and the attempt is over: the next one has the answer.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.settle-asked")]
    public sealed record Asked([property: Id(0)] string Question) : SettleOutcome;

    /// <summary>Nothing was done, for example <c>fenced</c>.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.settle-refused")]
    public sealed record Refused([property: Id(0)] Problem Problem) : SettleOutcome
    {
        /// <summary>With <c>stale-context</c> the keys that have changed.</summary>
        [Id(1)] public ImmutableArray<StaleKey> Stale { get; init; } = [];
    }
}
