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
    [property: Id(3)] double RetryTokens);
