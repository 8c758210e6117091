using Rosud.Tenants;

namespace Rosud.Supervision;

/// <summary>An agent's breaker and bulkhead as they are now.</summary>
internal sealed record SupervisorBody(BreakerBody Breaker, BulkheadView Bulkhead, Dictionary<string, BreakerBody> Breakers, double RetryTokens)
{
    /// <summary>The last changes of its breakers, oldest first.</summary>
    public required IReadOnlyList<BreakerTransition> Transitions { get; init; }

    /// <summary>Steps that are refused because they failed three times on the same view.</summary>
    public required IReadOnlyList<QuarantineView> Quarantine { get; init; }

    /// <summary>What it shares with the agents that name the same dependency.</summary>
    [Optional] public DependencyView? Dependency { get; init; }

    public static SupervisorBody Of(SupervisorView view) => new(
        BreakerBody.Of(view.Breaker), view.Bulkhead, view.Breakers.ToDictionary(pair => pair.Key, pair => BreakerBody.Of(pair.Value)), view.RetryTokens)
    {
        Transitions = view.Transitions,
        Quarantine = view.Quarantine,
        Dependency = view.Dependency,
    };
}

/// <summary>One breaker of an agent, for one network.</summary>
internal sealed record BreakerBody(BreakerStateKind State, double FailureRate, int Calls, DateTimeOffset? RetryAt)
{
    public static BreakerBody Of(BreakerView view) => new(view.State, view.FailureRate, view.Calls, view.RetryAt);
}

/// <summary>A body without members; it may be left out.</summary>
internal sealed record NothingBody;
