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
    private static readonly Histogram<double> Overhead = Meter.CreateHistogram<double>("rosud.run.coordination_overhead_ms", description: "On the critical path, neither work nor rework. The name is that of results and metrics, so it has the unit and the instrument none.");
    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("rosud.run.retries", description: "Retries by cause.");
    private static readonly Counter<long> StaleEvents = Meter.CreateCounter<long>("rosud.run.stale_context_events", description: "Stale context events by kind.");
    private static readonly Histogram<double> Detection = Meter.CreateHistogram<double>("rosud.run.detection_ms", description: "From a commit to telling an attempt that rests on what was there before.");
    private static readonly Counter<long> Cascades = Meter.CreateCounter<long>("rosud.run.cascade_prevented");

    private static readonly Counter<long> Duplicates = Meter.CreateCounter<long>("rosud.run.duplicate_work_prevented", description: "Steps done without an attempt because a step of the same run had done the equal work.");
    private static readonly Counter<long> MemoHits = Meter.CreateCounter<long>("rosud.run.memo_hits", description: "Steps answered from an earlier run.");

    private static readonly Histogram<int> Needed = Meter.CreateHistogram<int>("rosud.run.agents_actually_needed", description: "Agents whose accepted commits led to the accepted outputs.");
    private static readonly Counter<long> Tokens = Meter.CreateCounter<long>("rosud.run.tokens", description: "Tokens: work as agents report it, coordination as Rosud estimates what it hands over.");
    private static readonly Counter<double> Cost = Meter.CreateCounter<double>("rosud.run.cost_usd");
    private static readonly Histogram<long> Usage = Meter.CreateHistogram<long>(GenAiNames.TokenUsage, "{token}", "Tokens of one attempt, as its agent reports them.");

    /// <summary>Counts an ended run and writes its spans.</summary>
    public static void Ended(RunResult result, IEnumerable<TimeSpan> detections)
    {
        foreach (var detection in detections) Detection.Record(detection.TotalMilliseconds);
        var status = new KeyValuePair<string, object?>("status", result.Status.ToString());
        Runs.Add(1, status);
        Duration.Record(result.WallMs, status);
        Overhead.Record(result.CoordinationOverheadMs);
        Cascades.Add(result.CascadePrevented);
        Duplicates.Add(result.DuplicateWorkPrevented);
        MemoHits.Add(result.MemoHits);
        Needed.Record(result.Agents.Needed);
        var (tokens, cost) = RunNumbers.OwnUse(result);
        Tokens.Add(tokens, new KeyValuePair<string, object?>("kind", "work"));
        Tokens.Add(result.CoordinationTokens, new KeyValuePair<string, object?>("kind", "coordination"));
        Cost.Add((double)cost);
        foreach (var attempt in result.Attempts) Use(attempt.Usage);
        foreach (var (cause, count) in result.RetriesByCause) Retries.Add(count, new KeyValuePair<string, object?>("cause", cause));
        foreach (var (kind, count) in result.StaleContextEvents) StaleEvents.Add(count, new KeyValuePair<string, object?>("kind", kind));
        if (Source.HasListeners()) Trace(result);
    }

    private static void Use(Agents.Usage usage)
    {
        if (usage.InputTokens > 0) Usage.Record(usage.InputTokens, new KeyValuePair<string, object?>(GenAiNames.TokenType, GenAiNames.Input));
        if (usage.OutputTokens > 0) Usage.Record(usage.OutputTokens, new KeyValuePair<string, object?>(GenAiNames.TokenType, GenAiNames.Output));
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
            span?.SetTag(GenAiNames.Operation, GenAiNames.InvokeAgent).SetTag(GenAiNames.AgentName, attempt.Agent).SetTag(GenAiNames.Model, attempt.Usage.Model)
                .SetTag(GenAiNames.InputTokens, attempt.Usage.InputTokens).SetTag(GenAiNames.OutputTokens, attempt.Usage.OutputTokens);
            span?.SetEndTime(ended.UtcDateTime);
        }

        if (result.EndedAt is { } end) run?.SetEndTime(end.UtcDateTime);
    }
}
