using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Networks;
using Rosud.Tenants;

namespace Rosud.Supervision;

/// <summary>The breakers of one agent, one for each network, and what an operator forced. SEMANTICS S1. A value.</summary>
internal sealed record Breakers
{
    // Networks come from callers: the closed ones are forgotten when there are too many.
    private const int NetworksMax = 1_000;

    public bool ForcedOpen { get; private init; }

    public ImmutableDictionary<string, Breaker> ByNetwork { get; private init; } = ImmutableDictionary<string, Breaker>.Empty;

    public Breaker this[string network] => ByNetwork.GetValueOrDefault(network, Breaker.Fresh);

    /// <summary>Asks to let one attempt through; a problem says why not.</summary>
    public (Breakers Next, Problem? Refusal) Admit(
        AdmitRequest request, Func<AssignmentId, bool> isAlive, DateTimeOffset now, BreakerOptions options, double jitter)
    {
        if (ForcedOpen) return (this, new(ProblemKind.CircuitOpen, "An operator keeps this agent's breaker open."));
        var kept = this[request.Network].OnlyCounting(request.Isolation is IsolationKind.None);
        if (request.IsLastResort && kept.State is BreakerStateKind.Open && now < kept.RetryAt) return (With(request.Network, kept), null);
        var (breaker, retryAfter) = kept.Admit(request.Assignment, isAlive, now, options, jitter);
        var refusal = retryAfter is { } wait
            ? new Problem(ProblemKind.CircuitOpen, "The agent kept failing; its breaker is open.") { RetryAfter = wait }
            : null;
        return (With(request.Network, breaker), refusal);
    }

    public Breakers Started(Permit permit, DateTimeOffset now) =>
        permit.Network is { } network ? With(network, this[network].Started(permit.Assignment, now)) : this;

    public Breakers Record(
        AssignmentId attempt, string network, CallOutcome call, double threshold, DateTimeOffset now, BreakerOptions options, double jitter) =>
        With(network, this[network].Record(attempt, call, threshold, now, options, jitter));

    public Breakers Force() => this with { ForcedOpen = true };

    public bool IsOpen(string network) => ForcedOpen || this[network].State is BreakerStateKind.Open;

    /// <summary>Whether storage has to hear of the change from <paramref name="before"/> to this.</summary>
    public bool MovedFrom(Breakers before, string network) =>
        ForcedOpen != before.ForcedOpen || this[network].Save() != before[network].Save();

    public SupervisorRecord Save() => new(
        ForcedOpen,
        ByNetwork.Where(pair => pair.Value.State is not BreakerStateKind.Closed)
            .ToImmutableSortedDictionary(pair => pair.Key, pair => pair.Value.Save(), StringComparer.Ordinal));

    public static Breakers Restore(SupervisorRecord? record, DateTimeOffset now, BreakerOptions options) => record is null ? new() : new()
    {
        ForcedOpen = record.ForcedOpen,
        ByNetwork = record.Breakers.ToImmutableDictionary(pair => pair.Key, pair => Breaker.Restore(pair.Value, now, options)),
    };

    public ImmutableSortedDictionary<string, BreakerView> View(DateTimeOffset now, BreakerOptions options) =>
        ByNetwork.ToImmutableSortedDictionary(pair => pair.Key, pair => ViewOf(pair.Key, now, options), StringComparer.Ordinal);

    public BreakerView ViewOf(string network, DateTimeOffset now, BreakerOptions options)
    {
        var view = this[network].View(now, options);
        return ForcedOpen ? view with { State = BreakerStateKind.ForcedOpen, RetryAt = null } : view;
    }

    private Breakers With(string network, Breaker breaker)
    {
        if (ReferenceEquals(this[network], breaker)) return this;
        var known = ByNetwork.Count < NetworksMax || ByNetwork.ContainsKey(network)
            ? ByNetwork
            : ByNetwork.RemoveRange(ByNetwork.Where(pair => pair.Value.State is BreakerStateKind.Closed).Select(pair => pair.Key));
        return this with { ByNetwork = known.SetItem(network, breaker) };
    }
}

/// <summary>What of a supervisor outlives it: written on transitions only.</summary>
[GenerateSerializer, Immutable, Alias("rosud.supervisor-record")]
internal sealed record SupervisorRecord(
    [property: Id(0)] bool ForcedOpen,
    [property: Id(1)] ImmutableSortedDictionary<string, BreakerRecord> Breakers)
{
    [Id(2)] public ImmutableArray<QuarantinedStep> Quarantine { get; init; } = [];

    /// <summary>The last transitions, oldest first: who looks later learns what happened.</summary>
    [Id(3)] public ImmutableArray<BreakerTransition> Transitions { get; init; } = [];
}
