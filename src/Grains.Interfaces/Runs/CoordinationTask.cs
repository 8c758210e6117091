using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>What a caller wants from a channel's agents.</summary>
[GenerateSerializer, Immutable, Alias("rosud.task")]
public sealed record CoordinationTask
{
    /// <summary>A task that is only a goal: each of the channel's agents is one step.</summary>
    public static implicit operator CoordinationTask(string goal) => new() { Goal = goal };

    /// <summary>The caller's id: the same id with an equal task joins the run. Null lets every call start one.</summary>
    [Id(0)] public string? Id { get; init; }

    /// <summary>What is wanted, in words. 1 to 65,536 characters.</summary>
    [Id(1)] public required string Goal { get; init; }

    /// <summary>What every step gets beside the context.</summary>
    [Id(2)] public JsonValue Input { get; init; } = JsonValue.Null;

    /// <summary>Keys and patterns wanted; null for what steps write and no other step reads.</summary>
    [Id(3)] public ImmutableArray<KeyPattern>? Outputs { get; init; }

    /// <summary>The task class that verdicts are kept for.</summary>
    [Id(4)] public string? Class { get; init; }

    /// <summary>The steps; null makes each of the channel's agents one step with its registered contract.</summary>
    [Id(5)] public ImmutableArray<TaskStep>? Steps { get; init; }

    /// <summary>What the run may use; null for no limit.</summary>
    [Id(6)] public Budget? Budget { get; init; }
}

/// <summary>One agent's part of a task.</summary>
[GenerateSerializer, Immutable, Alias("rosud.task-step")]
public sealed record TaskStep
{
    /// <summary>Names the step within the task.</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>The agent; null when <see cref="Capability"/> picks it.</summary>
    [Id(1)] public string? Agent { get; init; }

    /// <summary>What the agent must be capable of, when no agent is named.</summary>
    [Id(2)] public string? Capability { get; init; }

    /// <summary>What this step is to do; null for the task's goal.</summary>
    [Id(3)] public string? Goal { get; init; }

    /// <summary>What it reads: it starts when each exact key has its version.</summary>
    [Id(4)] public ImmutableArray<StepRead> Reads { get; init; } = [];

    /// <summary>What it may write; within the agent's contract.</summary>
    [Id(5)] public ImmutableArray<KeyPattern> Writes { get; init; } = [];

    /// <summary>Steps that must have ended first.</summary>
    [Id(6)] public ImmutableArray<string> After { get; init; } = [];

    /// <summary>A condition on a key; false skips the step.</summary>
    [Id(7)] public StepGuard? When { get; init; }

    /// <summary>Whether outputs may do without it.</summary>
    [Id(8)] public bool Optional { get; init; }

    /// <summary>What happens when it fails for good. Default fail.</summary>
    [Id(9)] public OnFailure OnFailure { get; init; } = new(OnFailureKind.Fail);

    /// <summary>What its writes must satisfy before they are committed.</summary>
    [Id(10)] public ImmutableArray<Acceptance> Acceptance { get; init; } = [];

    /// <summary>The longest an attempt may take, 1 ms to 7 days; the run's deadline ends it sooner. Null for the agent's limit.</summary>
    [Id(11)] public TimeSpan? Timeout { get; init; }

    /// <summary>Names of what it may do outside, at most 32: it may claim these effects and no others. Null for any.</summary>
    [Id(20)] public ImmutableArray<string>? Effects { get; init; }
}

/// <summary>A key or pattern that a step reads.</summary>
/// <param name="Optional">The step starts also when nothing produces it and it has no value.</param>
[GenerateSerializer, Immutable, Alias("rosud.step-read")]
public sealed record StepRead([property: Id(0)] KeyPattern Key, [property: Id(1)] bool Optional = false)
{
    /// <summary>A read that must have a value or a producer.</summary>
    public static implicit operator StepRead(string key) => new(new KeyPattern(key));
}

/// <summary>A condition on one key. Exactly one of the three is set.</summary>
[GenerateSerializer, Immutable, Alias("rosud.step-guard")]
public sealed record StepGuard([property: Id(0)] ContextKey Key)
{
    /// <summary>True when the key's value equals this.</summary>
    [Id(1)] public JsonValue? Equal { get; init; }

    /// <summary>True when the key's value is one of these.</summary>
    [Id(2)] public ImmutableArray<JsonValue>? In { get; init; }

    /// <summary>True when the key's presence equals this.</summary>
    [Id(3)] public bool? Exists { get; init; }
}

/// <summary>What happens when a step fails for good.</summary>
public enum OnFailureKind
{
    /// <summary>What depends on it does not run; the run fails unless nothing wanted depends on it.</summary>
    Fail,

    /// <summary>As if the step's guard had been false, but its keys count as missing.</summary>
    Skip,

    /// <summary>Given values are committed in its place.</summary>
    Default,

    /// <summary>Another agent does the step; costs a retry.</summary>
    Fallback,
}

/// <summary>What happens when a step fails for good.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Values">With default: the step's keys and values.</param>
/// <param name="Agent">With fallback: the agent.</param>
[GenerateSerializer, Immutable, Alias("rosud.on-failure")]
public sealed record OnFailure(
    [property: Id(0)] OnFailureKind Kind,
    [property: Id(1)] ImmutableArray<ContextWrite>? Values = null,
    [property: Id(2)] string? Agent = null);

/// <summary>One test that a step's writes must pass. Exactly one of schema and verifier is set.</summary>
[GenerateSerializer, Immutable, Alias("rosud.acceptance")]
public sealed record Acceptance
{
    /// <summary>JSON schema for each value written, or for <see cref="Key"/> alone.</summary>
    [Id(0)] public JsonValue? Schema { get; init; }

    /// <summary>The key the schema is for; null for every value the step writes.</summary>
    [Id(1)] public ContextKey? Key { get; init; }

    /// <summary>An agent other than the producer that judges the writes.</summary>
    [Id(2)] public string? Verifier { get; init; }
}

/// <summary>What a run may use, with all its attempts and the runs that its steps start. Null members are without limit, others must be more than 0.</summary>
/// <remarks>
/// An attempt reserves before it starts what its agent declares as the most (<c>MaxUsage</c>), else what 95 of 100 of its answers stayed within, else all that is left. What it then says it used
/// counts, also when that is more: so an agent that declares too little can pass the budget by its last attempts. A run that cannot go on within its budget ends as <see cref="RunStatus.BudgetExceeded"/>.
/// </remarks>
/// <param name="Tokens">Input and output tokens together, as agents report them.</param>
/// <param name="CostUsd">US dollars: the cost that agents report, else their tokens at the network's <see cref="Networks.Price"/>.</param>
/// <param name="Calls">Attempts handed to agents, repeats included.</param>
[GenerateSerializer, Immutable, Alias("rosud.budget")]
public sealed record Budget(
    [property: Id(0)] long? Tokens = null,
    [property: Id(1)] decimal? CostUsd = null,
    [property: Id(2)] int? Calls = null);
