using System.Collections.Immutable;
using Rosud.Tenants;

namespace Rosud.Networks;

/// <summary>In which order the steps of a run are started.</summary>
public enum ExecutionKind
{
    /// <summary>Only the steps needed, each as soon as the keys it reads are there. The default.</summary>
    SelectiveParallel,

    /// <summary>All steps, one after another in the order of their dependencies. For comparison.</summary>
    Sequential,

    /// <summary>All steps, in supersteps with a barrier after each. For comparison.</summary>
    Parallel,

    /// <summary>The first step alone. For comparison.</summary>
    Single,
}

/// <summary>How context reaches agents.</summary>
public enum ContextSyncKind
{
    /// <summary>Pushed with every commit; nothing polls.</summary>
    EventDriven,
}

/// <summary>How agents are kept apart.</summary>
public enum IsolationKind
{
    /// <summary>Each agent has its own permits, queue and breaker.</summary>
    Bulkhead,

    /// <summary>Calls are only counted.</summary>
    None,
}

/// <summary>What one agent or model costs, for usage that is reported without a cost of its own. A model's price comes before its agent's.</summary>
/// <param name="Name">The model as agents report it in their usage, or the agent's name. The first of equal names counts.</param>
/// <param name="InputUsdPerMillion">US dollars for a million input tokens, 0 or more.</param>
/// <param name="OutputUsdPerMillion">US dollars for a million output tokens, 0 or more.</param>
[GenerateSerializer, Immutable, Alias("rosud.price")]
public sealed record Price(
    [property: Id(0)] string Name,
    [property: Id(1)] decimal InputUsdPerMillion,
    [property: Id(2)] decimal OutputUsdPerMillion);

/// <summary>Which tasks also run on one agent alone, to learn whether several are worth it.</summary>
[GenerateSerializer, Immutable, Alias("rosud.verdict-policy")]
public sealed record VerdictPolicy
{
    /// <summary>The share of runs that are also run on the baseline, 0 to 1. Default 0.05.</summary>
    [Id(0)] public double SampleRate { get; init; } = 0.05;

    /// <summary>The baseline agent of each task class.</summary>
    [Id(1)] public ImmutableDictionary<string, string> Baselines { get; init; } = ImmutableDictionary<string, string>.Empty;
}

/// <summary>How the channels of a network coordinate: data, stored with the network.</summary>
[GenerateSerializer, Immutable, Alias("rosud.coordination-policy")]
public sealed record CoordinationPolicy
{
    /// <summary>Default <see cref="ExecutionKind.SelectiveParallel"/>.</summary>
    [Id(0)] public ExecutionKind Execution { get; init; }

    /// <summary>Default <see cref="ContextSyncKind.EventDriven"/>.</summary>
    [Id(1)] public ContextSyncKind ContextSync { get; init; }

    /// <summary>The staleness threshold of channels that name none, 0 to 7 days. Default 500 ms.</summary>
    [Id(2)] public TimeSpan MaxStaleness { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Default <see cref="IsolationKind.Bulkhead"/>.</summary>
    [Id(3)] public IsolationKind Isolation { get; init; }

    /// <summary>Re-executions per run, all agents and causes together, 0 to 100. Default 3.</summary>
    [Id(4)] public int RetryBudget { get; init; } = 3;

    /// <summary>The share of failures at which a breaker opens, above 0 to 1. Default 0.30.</summary>
    [Id(5)] public double CircuitBreakerThreshold { get; init; } = 0.30;

    /// <summary>Which of the four metrics the caller wants to see; all are always measured.</summary>
    [Id(6)] public ImmutableArray<string> Metrics { get; init; } = MetricNames;

    /// <summary>When runs are compared with one agent alone; null for never configured.</summary>
    [Id(7)] public VerdictPolicy? Verdict { get; init; }

    /// <summary>Prices that usage without a cost is charged at; without one it costs 0.</summary>
    [Id(8)] public ImmutableArray<Price> Prices { get; init; } = [];

    /// <summary>The four metrics.</summary>
    public static ImmutableArray<string> MetricNames { get; } =
        ["coordination_overhead_ms", "stale_context_events", "cascade_prevented", "agents_actually_needed"];
}

/// <summary>A network as it is now.</summary>
/// <param name="Revision">How often it was configured; 0 is the default policy.</param>
[GenerateSerializer, Immutable, Alias("rosud.network-view")]
public sealed record NetworkView(
    [property: Id(0)] NetworkId Id,
    [property: Id(1)] long Revision,
    [property: Id(2)] CoordinationPolicy Coordination);

/// <summary>The answer to configuring or describing a network.</summary>
[GenerateSerializer, Immutable, Alias("rosud.network-outcome")]
public abstract record NetworkOutcome
{
    private NetworkOutcome() { }

    /// <summary>The network is there.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.network-found")]
    public sealed record Found([property: Id(0)] NetworkView Network) : NetworkOutcome;

    /// <summary>Nobody has configured a network of this name, or the policy is wrong.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.network-refused")]
    public sealed record Refused([property: Id(0)] Problem Problem) : NetworkOutcome;
}
