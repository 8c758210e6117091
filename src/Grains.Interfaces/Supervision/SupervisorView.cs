using System.Collections.Immutable;

namespace Rosud.Supervision;

/// <summary>What a breaker does with calls.</summary>
public enum BreakerStateKind
{
    /// <summary>Lets calls through and counts them.</summary>
    Closed,

    /// <summary>Refuses calls until <see cref="BreakerView.RetryAt"/>.</summary>
    Open,

    /// <summary>Lets a few probes through.</summary>
    HalfOpen,

    /// <summary>Refuses calls until an operator resets it.</summary>
    ForcedOpen,

    /// <summary>Lets every call through and only counts.</summary>
    MetricsOnly,
}

/// <summary>One breaker of an agent, for one network.</summary>
/// <param name="FailureRate">Failures among <paramref name="Calls"/>, 0 to 1; 0 while there are none.</param>
/// <param name="Calls">Calls in the window.</param>
/// <param name="RetryAt">When an open breaker admits its first probe; else null.</param>
[GenerateSerializer, Immutable, Alias("rosud.breaker-view")]
public sealed record BreakerView(
    [property: Id(0)] BreakerStateKind State,
    [property: Id(1)] double FailureRate,
    [property: Id(2)] int Calls,
    [property: Id(3)] DateTimeOffset? RetryAt);

/// <summary>Permits and queue of an agent.</summary>
[GenerateSerializer, Immutable, Alias("rosud.bulkhead-view")]
public sealed record BulkheadView(
    [property: Id(0)] int Running,
    [property: Id(1)] int Queued,
    [property: Id(2)] int MaxConcurrency,
    [property: Id(3)] int QueueLimit);

/// <summary>A supervisor as it is now.</summary>
/// <param name="Breaker">The breaker of the network asked for, else of <c>default</c>.</param>
/// <param name="RetryTokens">What is left in the agent's retry bucket.</param>
[GenerateSerializer, Immutable, Alias("rosud.supervisor-view")]
public sealed record SupervisorView(
    [property: Id(0)] BreakerView Breaker,
    [property: Id(1)] BulkheadView Bulkhead,
    [property: Id(2)] ImmutableSortedDictionary<string, BreakerView> Breakers,
    [property: Id(3)] double RetryTokens)
{
    /// <summary>The last changes of its breakers, oldest first; at most 32. They outlive the supervisor.</summary>
    [Id(4)] public ImmutableArray<BreakerTransition> Transitions { get; init; } = [];

    /// <summary>Steps that are refused because they failed three times on the same view; at most 256.</summary>
    [Id(5)] public ImmutableArray<QuarantineView> Quarantine { get; init; } = [];

    /// <summary>What the agent shares with others that name the same dependency; null when it names none.</summary>
    [Id(6)] public DependencyView? Dependency { get; init; }
}

/// <summary>A step that is refused for a while.</summary>
/// <param name="Step">Its id in the task.</param>
/// <param name="Until">When it may be tried again.</param>
[GenerateSerializer, Immutable, Alias("rosud.quarantine-view")]
public sealed record QuarantineView([property: Id(0)] string Step, [property: Id(1)] DateTimeOffset Until);

/// <summary>A dependency that several agents share, as one of them knows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">What its breaker does with the calls of all of them.</param>
/// <param name="RetryAt">When an open breaker lets its first probe through; else null.</param>
/// <param name="HeldUntil">Until when none of them is handed anything because one was throttled; null when that is over.</param>
/// <param name="Share">How many assignments this agent may have at work until the dependency has recovered; null for as many as its own limit.</param>
[GenerateSerializer, Immutable, Alias("rosud.dependency-view")]
public sealed record DependencyView(
    [property: Id(0)] string Name,
    [property: Id(1)] BreakerStateKind State,
    [property: Id(2)] DateTimeOffset? RetryAt,
    [property: Id(3)] DateTimeOffset? HeldUntil,
    [property: Id(4)] int? Share);
