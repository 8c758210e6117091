using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Rosud.Supervision;

/// <summary>A supervisor for the Orleans dashboard: numbers only, nothing of any task or context.</summary>
[GenerateSerializer, Immutable, Alias("rosud.supervisor-state")]
internal sealed record SupervisorState
{
    [Id(0)] public required string Transport { get; init; }

    [Id(1)] public required int Running { get; init; }

    [Id(2)] public required int Queued { get; init; }

    [Id(3)] public required int UnacknowledgedResults { get; init; }

    [Id(4)] public required int RunsRemembered { get; init; }

    [Id(5)] public required ImmutableSortedDictionary<string, BreakerView> Breakers { get; init; }
}

/// <summary>What the Orleans dashboard shows of a supervisor.</summary>
[Alias("rosud.supervisor-panel")]
internal interface ISupervisorPanel : IGrainWithStringKey
{
    /// <summary>Numbers as they are now.</summary>
    [ReadOnly, Alias("get-state")]
    Task<SupervisorState> GetState();
}
