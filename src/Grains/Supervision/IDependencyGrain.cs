using Orleans.Concurrency;
using Rosud.Agents;

namespace Rosud.Supervision;

/// <summary>What several agents share when they name the same dependency. Keyed <c>tenant/dependency</c>.</summary>
/// <remarks>Off the path of an assignment: supervisors keep a copy of its state, which is pushed when it changes. Only a probe of an open one is asked for.</remarks>
[Alias("rosud.dependency")]
internal interface IDependencyGrain : IGrainWithStringKey
{
    /// <summary>An agent's registration names it. Answers how it stands.</summary>
    [Alias("join")]
    Task<DependencyState> Join(AgentId agent, int maxConcurrency);

    /// <summary>An agent's registration no longer names it.</summary>
    [Alias("leave")]
    Task Leave(AgentId agent);

    /// <summary>How an attempt went. May be lost.</summary>
    [OneWay, Alias("report")]
    Task Report(DependencyReport report);

    /// <summary>Asks to let one attempt through to an open dependency. Null means that it may go, as a probe.</summary>
    [Alias("probe")]
    Task<TimeSpan?> Probe(AssignmentId attempt);

    /// <summary>Operator: closes its breaker and lifts its throttle.</summary>
    [Alias("reset")]
    Task Reset();
}

/// <summary>How an attempt at an agent went, for what the agent depends on.</summary>
/// <param name="Call">What it says.</param>
/// <param name="Throttled">The agent asked to come back after this; null when it did not.</param>
/// <param name="Threshold">The network's share of failures at which breakers open.</param>
/// <param name="Running">What the agent has at work, this one included.</param>
/// <param name="MaxConcurrency">What it may have at work.</param>
[GenerateSerializer, Immutable, Alias("rosud.dependency-report")]
internal sealed record DependencyReport(
    [property: Id(0)] AssignmentId Attempt,
    [property: Id(1)] CallOutcome Call,
    [property: Id(2)] TimeSpan? Throttled,
    [property: Id(3)] double Threshold,
    [property: Id(4)] int Running,
    [property: Id(5)] int MaxConcurrency);
