namespace Rosud.Supervision;

/// <summary>Why a breaker is in its state.</summary>
public enum BreakerReason
{
    /// <summary>Failures reached the network's threshold within the window.</summary>
    FailureRate,

    /// <summary>Failures reached the threshold over the last calls of an agent that is called seldom.</summary>
    LastCalls,

    /// <summary>As many calls as the host allows failed one after the other.</summary>
    FailuresInARow,

    /// <summary>Too many calls took most of their limit.</summary>
    SlowCalls,

    /// <summary>It was open for its time and lets probes through.</summary>
    ProbeDue,

    /// <summary>A probe failed, was slow or took too long.</summary>
    ProbeFailed,

    /// <summary>All probes succeeded.</summary>
    ProbesSucceeded,

    /// <summary>The network only counts, or no longer only counts.</summary>
    Policy,

    /// <summary>An operator forced it open or reset it.</summary>
    Operator,

    /// <summary>It came back so after its supervisor was lost.</summary>
    Restored,
}

/// <summary>A breaker that changed its state.</summary>
/// <param name="At">When.</param>
/// <param name="Network">Whose calls it is about; null for those of all networks.</param>
/// <param name="From">What it did with calls before.</param>
/// <param name="To">What it does with them since.</param>
/// <param name="Reason">Why.</param>
[GenerateSerializer, Immutable, Alias("rosud.breaker-transition")]
public sealed record BreakerTransition(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] string? Network,
    [property: Id(2)] BreakerStateKind From,
    [property: Id(3)] BreakerStateKind To,
    [property: Id(4)] BreakerReason Reason);
