using System.Collections.Immutable;

namespace Rosud.Runs;

/// <summary>The way from the acceptance of a run to its end over the events that released one another. Its parts have no holes and do not overlap. SEMANTICS N1.</summary>
internal static class CriticalPath
{
    /// <summary>The path, from the start to <paramref name="end"/>.</summary>
    /// <param name="timeline">What happened.</param>
    /// <param name="steps">The steps, for their names and which of their attempts was accepted.</param>
    /// <param name="end">The end of the run, or now.</param>
    public static ImmutableArray<PathPart> Of(RunTimeline timeline, IReadOnlyList<StepState> steps, DateTimeOffset end)
    {
        var parts = new List<PathPart>();
        var at = end > timeline.AcceptedAt ? end : timeline.AcceptedAt;
        var visited = new HashSet<int>();
        for (var step = Last(timeline, steps.Count); step is { } current && timeline.IsReady(current) && visited.Add(current); step = timeline.ReleasedBy(current))
        {
            var told = timeline.Cursor(current);
            if (told < at) Add(parts, steps[current].IsOver ? parts.Count == 0 ? "merge" : "dispatch" : KindOf(steps[current]), told, ref at, timeline.AcceptedAt, parts.Count == 0 && steps[current].IsOver ? null : steps[current], steps[current].Attempt);
            foreach (var span in timeline.Spans(current).Reverse())
            {
                if (span.From < at) Add(parts, Kind(span, steps[current]), span.From, ref at, timeline.AcceptedAt, Who(span, steps[current]), span.Attempt);
            }

            Add(parts, "queue", timeline.ReadyAt(current)!.Value, ref at, timeline.AcceptedAt, steps[current], 0);
        }

        Add(parts, parts.Count == 0 ? "merge" : "dispatch", timeline.AcceptedAt, ref at, timeline.AcceptedAt, null, 0);
        parts.Reverse();
        return [.. parts];
    }

    private static int? Last(RunTimeline timeline, int count)
    {
        int? last = null;
        for (var i = 0; i < count; i++)
        {
            if (timeline.IsReady(i) && (last is null || timeline.Cursor(i) > timeline.Cursor(last.Value))) last = i;
        }

        return last;
    }

    // A verifier's work counts like that of the one who is judged: what led to nothing is rework.
    private static string Kind(PathSpan span, StepState step) => span.Kind switch
    {
        "work" => step.Done?.Attempt == span.Attempt ? "work" : "rework",
        "verify" => Who(span, step) is { } judge && judge.Done?.Attempt == span.Attempt && step.Done is not null ? "work" : "rework",
        _ => span.Kind,
    };

    private static StepState Who(PathSpan span, StepState step) => span.Kind != "verify" ? step
        : step.Judges.FirstOrDefault(judge => judge.Done?.Attempt == span.Attempt) ?? step.Judges.FirstOrDefault() ?? step;

    // What a step that has not ended is doing.
    private static string KindOf(StepState step) => step.Phase switch
    {
        StepPhase.Requested => step.StartedAt is null ? "queue" : "work",
        StepPhase.Committing => "commit",
        StepPhase.Held => "conflict",
        StepPhase.Verifying => "work",
        StepPhase.Asking => "person",
        _ => "backoff",
    };

    private static void Add(List<PathPart> parts, string kind, DateTimeOffset from, ref DateTimeOffset at, DateTimeOffset start, StepState? step, int attempt)
    {
        if (from < start) from = start;
        if (from >= at) return;
        parts.Add(new(kind, (at - from).TotalMilliseconds, step?.Plan.Id, step?.Agent, attempt));
        at = from;
    }
}
