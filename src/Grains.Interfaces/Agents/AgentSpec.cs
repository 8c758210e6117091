using System.Collections.Immutable;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>How assignments reach an agent.</summary>
public enum TransportKind
{
    /// <summary>The agent takes assignments over a long poll or SSE.</summary>
    Pull,

    /// <summary>Assignments are POSTed to the agent's url.</summary>
    Webhook,

    /// <summary>A handler in the silo's own process; registered by the host, not over HTTP.</summary>
    InProcess,
}

/// <summary>How assignments reach an agent.</summary>
/// <param name="Kind">The way.</param>
/// <param name="Url">Where a webhook agent listens; else null. Its host must be on the host's allow-list.</param>
/// <param name="Secret">Key of the signature on webhook requests; write-only, never shown again.</param>
[GenerateSerializer, Immutable, Alias("rosud.transport")]
public sealed record Transport(
    [property: Id(0)] TransportKind Kind,
    [property: Id(1)] Uri? Url = null,
    [property: Id(2)] string? Secret = null)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Url}";   // Never the secret.
}

/// <summary>An agent's registration: what it may read and write, how it is reached, and how much it takes at once.</summary>
[GenerateSerializer, Immutable, Alias("rosud.agent-spec")]
public sealed record AgentSpec
{
    /// <summary>What the agent is good at, for people. At most 4,096 characters.</summary>
    [Id(0)] public string Description { get; init; } = "";

    /// <summary>Keys and patterns the agent may read. At most 256.</summary>
    [Id(1)] public ImmutableArray<KeyPattern> Reads { get; init; } = [];

    /// <summary>Keys and patterns the agent may write. At most 256.</summary>
    [Id(2)] public ImmutableArray<KeyPattern> Writes { get; init; } = [];

    /// <summary>How assignments reach it. Default pull.</summary>
    [Id(3)] public Transport Transport { get; init; } = new(TransportKind.Pull);

    /// <summary>Assignments at work at once, 1 to 10,000. Default 4.</summary>
    [Id(4)] public int MaxConcurrency { get; init; } = 4;

    /// <summary>Assignments that may wait, 0 to 100,000. Default 64. A full queue refuses at once.</summary>
    [Id(5)] public int QueueLimit { get; init; } = 64;

    /// <summary>The longest an attempt may take where the step names no limit, 1 ms to 7 days. Default 30 s.</summary>
    [Id(6)] public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The agent's own version; another one makes memoised answers void.</summary>
    [Id(7)] public string? Version { get; init; }

    /// <summary>The capability a step may ask for instead of naming the agent.</summary>
    [Id(8)] public string? Capability { get; init; }

    /// <summary>A dependency shared with other agents, for example a model endpoint.</summary>
    [Id(9)] public string? Dependency { get; init; }

    /// <summary>Whether equal work may be answered from an earlier run.</summary>
    [Id(10)] public bool Memo { get; init; }

    /// <summary>Whether a running attempt can take in changed context and go on.</summary>
    [Id(11)] public bool Rebase { get; init; }

    /// <summary>Whether the agent may run with its effects off for comparison.</summary>
    [Id(12)] public bool ShadowSafe { get; init; }

    /// <summary>
    /// JSON schema of <c>output</c>, of the words that schemas of keys may have; null for any. A completion whose output breaks it is rejected; no output counts as null.
    /// A run holds its agents to what was registered when it was accepted.
    /// </summary>
    [Id(13)] public JsonValue? OutputSchema { get; init; }
}

/// <summary>An agent as it is registered now.</summary>
/// <param name="Revision">How often its registration changed; the first is 1.</param>
[GenerateSerializer, Immutable, Alias("rosud.agent-view")]
public sealed record AgentView(
    [property: Id(0)] AgentId Id,
    [property: Id(1)] AgentSpec Spec,
    [property: Id(2)] long Revision,
    [property: Id(3)] DateTimeOffset RegisteredAt);

/// <summary>The answer to registering, describing or removing an agent.</summary>
[GenerateSerializer, Immutable, Alias("rosud.agent-outcome")]
public abstract record AgentOutcome
{
    private AgentOutcome() { }

    /// <summary>The agent is registered. <paramref name="Made"/> is true when this call registered it first.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.agent-found")]
    public sealed record Found([property: Id(0)] AgentView Agent, [property: Id(1)] bool Made) : AgentOutcome;

    /// <summary>The agent is no longer registered.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.agent-removed")]
    public sealed record Removed : AgentOutcome;

    /// <summary>Nothing was done.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.agent-refused")]
    public sealed record Refused([property: Id(0)] Problem Problem) : AgentOutcome;
}
