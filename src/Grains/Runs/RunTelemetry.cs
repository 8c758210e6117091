using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Rosud.Runs;

/// <summary>What runs tell OpenTelemetry. Labels never name a tenant, a channel or an agent.</summary>
internal static class RunTelemetry
{
    private static readonly ActivitySource Source = new("Rosud");
    private static readonly Meter Meter = new("Rosud");
    private static readonly Counter<long> Runs = Meter.CreateCounter<long>("rosud.runs", description: "Ended runs by status.");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("rosud.run.duration", "ms");
    private static readonly Histogram<double> Overhead = Meter.CreateHistogram<double>("rosud.run.coordination_overhead", "ms");
    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("rosud.run.retries", description: "Retries by cause.");
    private static readonly Counter<long> StaleEvents = Meter.CreateCounter<long>("rosud.run.stale_context_events", description: "Stale context events by kind.");
    private static readonly Histogram<double> Detection = Meter.CreateHistogram<double>("rosud.run.detection", "ms", "From a commit to telling an attempt that rests on what was there before.");
    private static readonly Counter<long> Cascades = Meter.CreateCounter<long>("rosud.run.cascade_prevented");

    /// <summary>Counts an ended run and writes its spans.</summary>
    public static void Ended(RunResult result, IEnumerable<TimeSpan> detections)
    {
        foreach (var detection in detections) Detection.Record(detection.TotalMilliseconds);
        var status = new KeyValuePair<string, object?>("status", result.Status.ToString());
        Runs.Add(1, status);
        Duration.Record(result.WallMs, status);
        Overhead.Record(result.CoordinationOverheadMs);
        Cascades.Add(result.CascadePrevented);
        foreach (var (cause, count) in result.RetriesByCause) Retries.Add(count, new KeyValuePair<string, object?>("cause", cause));
        foreach (var (kind, count) in result.StaleContextEvents) StaleEvents.Add(count, new KeyValuePair<string, object?>("kind", kind));
        if (Source.HasListeners()) Trace(result);
    }

    private static void Trace(RunResult result)
    {
        var caller = new ActivityContext(ActivityTraceId.CreateFromString(result.TraceId), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, isRemote: true);
        using var run = Source.StartActivity("rosud.run", ActivityKind.Internal, caller, startTime: result.AcceptedAt);
        run?.SetTag("rosud.run", result.Run.Name).SetTag("rosud.status", result.Status.ToString());
        foreach (var attempt in result.Attempts)
        {
            if (attempt is not { StartedAt: { } started, EndedAt: { } ended }) continue;
            using var span = Source.StartActivity("rosud.attempt", ActivityKind.Internal, run?.Context ?? caller, startTime: started);
            span?.SetTag("rosud.step", attempt.Step).SetTag("rosud.agent", attempt.Agent).SetTag("rosud.attempt", attempt.Attempt).SetTag("rosud.outcome", attempt.Outcome.ToString());
            span?.SetEndTime(ended.UtcDateTime);
        }

        if (result.EndedAt is { } end) run?.SetEndTime(end.UtcDateTime);
    }
}
