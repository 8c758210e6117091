using System.Collections.Immutable;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Networks;

namespace Rosud.Runs;

/// <summary>A run as the channel's log accepted it: all that a driver needs, also one that comes back after a crash.</summary>
[GenerateSerializer, Immutable, Alias("rosud.accepted-run")]
internal sealed record AcceptedRun
{
    [Id(0)] public required RunId Run { get; init; }

    [Id(1)] public required CoordinationTask Task { get; init; }

    [Id(2)] public required ContentHash TaskHash { get; init; }

    /// <summary>The needed steps with everything resolved, in an order that respects their dependencies.</summary>
    [Id(3)] public required ImmutableArray<PlannedStep> Steps { get; init; }

    /// <summary>What the run returns: the task's outputs, or the default ones.</summary>
    [Id(4)] public required ImmutableArray<KeyPattern> Outputs { get; init; }

    [Id(5)] public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>By the channel's clock.</summary>
    [Id(6)] public required DateTimeOffset Deadline { get; init; }

    [Id(7)] public required int RetryBudget { get; init; }

    [Id(8)] public required OnStaleContext OnStaleContext { get; init; }

    [Id(9)] public required ExecutionKind Execution { get; init; }

    [Id(10)] public required RunPriority Priority { get; init; }

    [Id(11)] public required string Network { get; init; }

    [Id(12)] public required double BreakerThreshold { get; init; }

    [Id(13)] public required IsolationKind Isolation { get; init; }

    /// <summary>Agents in the channel, for the result.</summary>
    [Id(14)] public required int RegisteredAgents { get; init; }

    [Id(15)] public required ContextVersion VersionStart { get; init; }

    /// <summary>When running attempts are told that they are behind; the network's or channel's.</summary>
    [Id(16)] public required TimeSpan? StalenessThreshold { get; init; }

    [Id(17)] public required string TraceId { get; init; }

    /// <summary>Prices that usage without a cost is charged at.</summary>
    [Id(18)] public ImmutableArray<Price> Prices { get; init; } = [];

    [Id(19)] public string Caller { get; init; } = "";

    /// <summary>What the channel says of keys, as far as any of it says when attempts are told (SEMANTICS C12); empty when none does.</summary>
    [Id(20)] public ImmutableArray<KeyPolicy> KeyThresholds { get; init; } = [];

    /// <summary>The run that started this one.</summary>
    [Id(21)] public RunId? Parent { get; init; }

    /// <summary>The first run of the tree, when there is a parent.</summary>
    [Id(22)] public RunId? Root { get; init; }

    /// <summary>Runs above this one.</summary>
    [Id(23)] public int Depth { get; init; }

    /// <summary>What the parent leaves it of its own budget; null where only the task's holds.</summary>
    [Id(24)] public Budget? Limit { get; init; }

    /// <summary>What its agents' registrations say of their outputs; only those that say something.</summary>
    [Id(25)] public ImmutableArray<AgentOutput> OutputSchemas { get; init; } = [];

    /// <summary>What its agents declare that one attempt uses at most; empty without a budget.</summary>
    [Id(26)] public ImmutableArray<AgentMaximum> Maxima { get; init; } = [];

    /// <summary>The agent that does the task again, alone, to be compared with; null when the run is not sampled.</summary>
    [Id(40)] public string? Baseline { get; init; }

    /// <summary>Everything the run's steps read or are guarded by: what the channel tells its driver about.</summary>
    public IEnumerable<KeyPattern> Interest => Steps.SelectMany(step => step.Reads.Select(read => read.Key)
        .Concat(step.When is { } when ? [new KeyPattern(when.Key.Value)] : []));

    public ChannelId Channel => Run.Channel;
}

/// <summary>A step with its agent, contract and limits resolved.</summary>
[GenerateSerializer, Immutable, Alias("rosud.planned-step")]
internal sealed record PlannedStep
{
    [Id(0)] public required string Id { get; init; }

    [Id(1)] public required string Agent { get; init; }

    [Id(2)] public required string Goal { get; init; }

    [Id(3)] public required ImmutableArray<StepRead> Reads { get; init; }

    [Id(4)] public required ImmutableArray<KeyPattern> Writes { get; init; }

    [Id(5)] public ImmutableArray<string> After { get; init; } = [];

    [Id(6)] public StepGuard? When { get; init; }

    [Id(7)] public bool Optional { get; init; }

    [Id(8)] public OnFailure OnFailure { get; init; } = new(OnFailureKind.Fail);

    [Id(9)] public ImmutableArray<Acceptance> Acceptance { get; init; } = [];

    /// <summary>The longest an attempt may take: the step's limit, else the agent's.</summary>
    [Id(10)] public required TimeSpan Timeout { get; init; }

    [Id(11)] public required long AgentRevision { get; init; }

    /// <summary>Who judges its writes before they are committed, in this order.</summary>
    [Id(20)] public ImmutableArray<PlannedVerifier> Verifiers { get; init; } = [];

    /// <summary>The effects that it may claim; null for any.</summary>
    [Id(21)] public ImmutableArray<string>? Effects { get; init; }

    /// <summary>Equal work of the agent may be answered from an earlier run.</summary>
    [Id(12)] public bool Memo { get; init; }

    /// <summary>A running attempt of the agent can take in changed context and go on.</summary>
    [Id(13)] public bool Rebase { get; init; }

    /// <summary>The agents that can do it, when the task named a capability: each attempt goes to one of them. Empty when it named its agent.</summary>
    [Id(30)] public ImmutableArray<GroupMember> Group { get; init; } = [];

    /// <summary>The longest an attempt of its fallback may take; null without one.</summary>
    [Id(31)] public TimeSpan? FallbackTimeout { get; init; }

    /// <summary>The longest an attempt of <paramref name="agent"/> may take: the step's own limit, else that agent's (SEMANTICS S3).</summary>
    public TimeSpan TimeoutOf(string agent) =>
        agent == OnFailure.Agent && FallbackTimeout is { } fallback ? fallback : Group.FirstOrDefault(member => member.Agent == agent)?.Timeout ?? Timeout;
}

/// <summary>An agent of a capability's group.</summary>
[GenerateSerializer, Immutable, Alias("rosud.group-member")]
internal sealed record GroupMember([property: Id(0)] string Agent, [property: Id(1)] int MaxConcurrency)
{
    /// <summary>The longest an attempt of it may take; null where only the step's limit is known.</summary>
    [Id(2)] public TimeSpan? Timeout { get; init; }
}

/// <summary>An agent that judges what a step wants to commit.</summary>
/// <param name="Id">Names its attempts within the run.</param>
/// <param name="Agent">The agent.</param>
/// <param name="Reads">What it is handed beside the writes: of the step's reads those that it is registered to read.</param>
/// <param name="Timeout">The longest an attempt may take.</param>
[GenerateSerializer, Immutable, Alias("rosud.planned-verifier")]
internal sealed record PlannedVerifier(
    [property: Id(0)] string Id,
    [property: Id(1)] string Agent,
    [property: Id(2)] ImmutableArray<StepRead> Reads,
    [property: Id(3)] TimeSpan Timeout,
    [property: Id(4)] long AgentRevision);
