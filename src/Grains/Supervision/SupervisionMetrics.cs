using System.Diagnostics.Metrics;

namespace Rosud.Supervision;

/// <summary>What supervisors of this silo measure. No label names a tenant, agent or run: those are without number.</summary>
internal static class SupervisionMetrics
{
    private static readonly Meter Meter = new("Rosud");

    public static Counter<long> Admissions { get; } =
        Meter.CreateCounter<long>("rosud.supervisor.admissions", "{attempt}", "Attempts admitted.");

    public static Counter<long> Refusals { get; } =
        Meter.CreateCounter<long>("rosud.supervisor.refusals", "{attempt}", "Attempts refused, by reason.");

    public static UpDownCounter<long> Running { get; } =
        Meter.CreateUpDownCounter<long>("rosud.supervisor.running", "{attempt}", "Attempts at work.");

    public static UpDownCounter<long> Queued { get; } =
        Meter.CreateUpDownCounter<long>("rosud.supervisor.queued", "{attempt}", "Attempts that wait.");

    public static Histogram<double> AttemptDuration { get; } =
        Meter.CreateHistogram<double>("rosud.attempt.duration", "ms", "From hand-out to the end of an attempt, by outcome.");

    public static Counter<long> BreakerTransitions { get; } =
        Meter.CreateCounter<long>("rosud.breaker.transitions", "{transition}", "Breakers that changed state, by the new state, the reason and whose they are.");

    public static Counter<long> Quarantined { get; } =
        Meter.CreateCounter<long>("rosud.supervisor.quarantined", "{step}", "Steps that became poison for an agent.");

    public static void Moved(BreakerStateKind state, BreakerReason reason, bool ofDependency = false) => BreakerTransitions.Add(
        1,
        KeyValuePair.Create<string, object?>("state", state.ToString()),
        KeyValuePair.Create<string, object?>("reason", reason.ToString()),
        KeyValuePair.Create<string, object?>("scope", ofDependency ? "dependency" : "agent"));
}
