using Orleans.Concurrency;

namespace Rosud.Supervision;

/// <summary>Whoever has to hear that an agent's breaker moved: channels whose runs use the agent. Implemented by the channel's grain, same key.</summary>
[Alias("rosud.breaker-listener")]
internal interface IBreakerListener : IGrainWithStringKey
{
    /// <summary>May be lost; the breaker's state can be read at any time.</summary>
    [OneWay, Alias("breaker-moved")]
    Task BreakerMoved(BreakerNotice notice);
}

/// <summary>A breaker that moved.</summary>
/// <param name="Agent">Whose work it stops or lets through.</param>
/// <param name="Network">For which network; null for all.</param>
/// <param name="Dependency">The dependency whose breaker it is, shared by several agents; null when it is the agent's own.</param>
/// <param name="RetryAt">When an open one admits its first probe.</param>
[GenerateSerializer, Immutable, Alias("rosud.breaker-notice")]
internal sealed record BreakerNotice(
    [property: Id(0)] string Agent,
    [property: Id(1)] string? Network,
    [property: Id(2)] string? Dependency,
    [property: Id(3)] BreakerStateKind From,
    [property: Id(4)] BreakerStateKind To,
    [property: Id(5)] BreakerReason Reason,
    [property: Id(6)] DateTimeOffset At,
    [property: Id(7)] DateTimeOffset? RetryAt);
