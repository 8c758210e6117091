using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Networks;

namespace Rosud.Runs;

/// <summary>What a run cost and brought, from what its drive has seen. SEMANTICS N1 to N3.</summary>
internal static class RunNumbers
{
    private const int BytesPerToken = 4;
    private const int DetectionsMax = 1_000;

    /// <summary>The run as its drive sees it at <paramref name="now"/>, or as it ended.</summary>
    public static RunResult Of(RunDrive drive, DateTimeOffset now)
    {
        var accepted = drive.Accepted;
        var end = drive.Ended?.At ?? now;
        if (end < accepted.AcceptedAt) end = accepted.AcceptedAt;
        var path = CriticalPath.Of(drive.Timeline, drive.Steps, end);
        var cascade = CascadePreventedByCause(drive.Graph, drive.Steps, drive.Attempts);
        var byAgent = UsageByAgent(drive);
        var overhead = path.Where(part => part.Kind is not ("work" or "rework" or "person")).GroupBy(part => part.Kind).ToImmutableSortedDictionary(kind => kind.Key, kind => kind.Sum(part => part.Ms), StringComparer.Ordinal);
        return new()
        {
            Run = accepted.Run,
            Network = accepted.Network,
            Status = StatusOf(drive),
            Outputs = [.. drive.Outputs.OrderBy(output => output.Key).Select(output => new RunOutput(output.Key, output.Value))],
            VersionStart = accepted.VersionStart,
            VersionEnd = drive.Ended?.Version ?? drive.Version,
            Agents = new(accepted.RegisteredAgents, accepted.Steps.SelectMany(step => step.Verifiers.Select(verifier => verifier.Agent).Append(step.Agent)).Distinct().Count(), Fired(drive), NeededAgents(drive.Steps, accepted.Outputs).Count),
            Attempts = [.. drive.Attempts, .. drive.Everyone.Where(step => step.IsAtWork).Select(Running)],
            RetriesByCause = RetriesByCause(drive.Attempts, drive.Everyone),
            StaleContextEvents = drive.StaleEvents.ToImmutableSortedDictionary(StringComparer.Ordinal),
            CascadePrevented = cascade.Values.Sum(),
            CascadePreventedByCause = cascade,
            WorkTokens = drive.Budget.Tokens,
            CoordinationTokens = byAgent.Sum(agent => agent.CoordinationTokens),
            CostUsd = drive.Budget.CostUsd,
            AcceptedAt = accepted.AcceptedAt,
            EndedAt = drive.IsFinished ? drive.Ended!.At : null,
            WallMs = (end - accepted.AcceptedAt).TotalMilliseconds,
            CoordinationOverheadMs = overhead.Values.Sum(),
            OverheadPartsMs = overhead,
            ReworkMs = path.Where(part => part.Kind == "rework").Sum(part => part.Ms),
            CriticalPath = path,
            LateResults = [.. drive.Late],
            ProblemDetail = drive.Ended is { Status: not RunStatus.Completed } ended ? ended.Detail ?? ended.Status.ToString() : null,
            TraceId = accepted.TraceId,
            Timeline = drive.Timeline.Events,
            TaskId = accepted.Task.Id,
            Goal = accepted.Task.Goal,
            Questions = [.. drive.Questions.Select(question => drive.Ended is not null && question.State == QuestionState.Open ? question with { State = QuestionState.Withdrawn } : question)],
            Effects = [.. drive.Effects],
            DuplicateWorkPrevented = drive.DuplicatesPrevented,
            MemoHits = drive.MemoHits,
            Parent = accepted.Parent?.Name,
            Children = [.. drive.Children.Where(child => child.IsDirect).Select(child => child.Run.Name)],
            ByAgent = byAgent,
            DetectionMs = [.. drive.Detections.Take(DetectionsMax).Select(detection => detection.TotalMilliseconds)],
        };
    }

    /// <summary>What stays of an ended run whose channel is deleted: that it was, and how and when it ended.</summary>
    public static RunResult Bare(RunResult result) => new()
    {
        Run = result.Run,
        Network = result.Network,
        Status = result.Status,
        VersionStart = result.VersionStart,
        VersionEnd = result.VersionEnd,
        Agents = result.Agents,
        AcceptedAt = result.AcceptedAt,
        EndedAt = result.EndedAt,
        WallMs = result.WallMs,
        ProblemDetail = "Its channel was deleted, and with it what the run did.",
    };

    /// <summary>The result with one more answer that came too late; what it used counts, at <paramref name="prices"/> where it does not say its cost.</summary>
    public static RunResult With(RunResult result, AttemptView late, ImmutableArray<Price> prices)
    {
        var cost = PriceTable.CostOf(prices, late.Agent, late.Usage);
        return result with
        {
            LateResults = result.LateResults.Add(late),
            WorkTokens = result.WorkTokens + late.Usage.InputTokens + late.Usage.OutputTokens,
            CostUsd = result.CostUsd + cost,
            ByAgent = WithUse(result.ByAgent, late, cost),
        };
    }

    /// <summary>What a run's own agents used. What runs that its steps started used is in its numbers too, and is added up with those runs.</summary>
    public static (long Tokens, decimal CostUsd) OwnUse(RunResult run) => run.ByAgent.IsDefault || run.Children.IsDefaultOrEmpty
        ? (run.WorkTokens, run.CostUsd)
        : (run.ByAgent.Sum(agent => agent.WorkTokens), run.ByAgent.Sum(agent => agent.CostUsd));

    public static RunStatus StatusOf(RunDrive drive) =>
        drive.IsFinished ? drive.Ended!.Status : drive.IsAsking ? RunStatus.InputRequired : drive.Steps.All(step => step.Phase == StepPhase.Waiting) ? RunStatus.Submitted : RunStatus.Working;

    /// <summary>N2: descendants of steps with an attempt that was not accepted, without those that started on something such an attempt wrote.</summary>
    public static int CascadePrevented(StepGraph graph, IReadOnlyList<StepState> steps, IEnumerable<AttemptView> attempts) =>
        CascadePreventedByCause(graph, steps, attempts).Values.Sum();

    /// <summary>The same by how the first bad attempt above each ended.</summary>
    public static ImmutableSortedDictionary<string, int> CascadePreventedByCause(StepGraph graph, IReadOnlyList<StepState> steps, IEnumerable<AttemptView> attempts)
    {
        var bad = attempts.Where(attempt => IsBad(attempt.Outcome)).ToArray();
        if (bad.Length == 0) return ImmutableSortedDictionary<string, int>.Empty;
        var known = bad.Select(attempt => (attempt.Step, attempt.Attempt)).ToHashSet();
        var (causes, counted) = (new SortedDictionary<string, int>(StringComparer.Ordinal), new HashSet<int>());
        foreach (var attempt in bad.DistinctBy(attempt => attempt.Step))
        {
            var root = steps.Where(step => step.Plan.Id == attempt.Step).Select(step => step.Index);
            foreach (var i in graph.Descendants(root))
            {
                if (steps[i].RestsOn.Any(rest => known.Contains((steps[rest.Producer].Plan.Id, rest.Attempt))) || !counted.Add(i)) continue;
                var cause = Rosud.Tenants.SnakeCase.Of(attempt.Outcome);
                causes[cause] = causes.GetValueOrDefault(cause) + 1;
            }
        }

        return causes.ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    /// <summary>N3: the agents whose accepted commits were read, transitively, for accepted outputs, and those that wrote them.</summary>
    public static ImmutableSortedSet<string> NeededAgents(IReadOnlyList<StepState> steps, ImmutableArray<KeyPattern> outputs)
    {
        var needed = new HashSet<StepState>();
        var open = new Stack<StepState>(steps.Where(step => step.Wrote.Any(key => outputs.Any(output => output.Matches(key)))));
        while (open.TryPop(out var step))
        {
            if (!needed.Add(step)) continue;
            foreach (var producer in steps.Where(other => other.Phase == StepPhase.Done && other.Wrote.Any(key => step.Read.Any(read => read.Matches(key))))) open.Push(producer);
        }

        return [.. needed.Where(step => step.Done is { } done && done.Agent != Origin.Platform).SelectMany(step => step.Judges.Where(judge => judge.Done is not null).Select(judge => judge.Agent).Append(step.Done!.Agent))];
    }

    /// <summary>What each agent was handed, reported and cost.</summary>
    private static ImmutableArray<AgentUsage> UsageByAgent(RunDrive drive)
    {
        var attempts = drive.Attempts.Where(attempt => attempt.StartedAt is not null).Select(attempt => attempt.Agent)
            .Concat(drive.Everyone.Where(step => step is { IsAtWork: true, StartedAt: not null }).Select(step => step.Agent))
            .CountBy(agent => agent, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        return [.. attempts.Keys.Concat(drive.Budget.ByAgent.Keys).Concat(drive.HandedBytes.Keys).Distinct(StringComparer.Ordinal).Where(agent => agent != Origin.Platform).Order(StringComparer.Ordinal)
            .Select(agent => new AgentUsage(
                agent, attempts.GetValueOrDefault(agent), drive.Budget.ByAgent.GetValueOrDefault(agent).Tokens, drive.HandedBytes.GetValueOrDefault(agent) / BytesPerToken, drive.Budget.ByAgent.GetValueOrDefault(agent).CostUsd))];
    }

    private static ImmutableArray<AgentUsage> WithUse(ImmutableArray<AgentUsage> byAgent, AttemptView late, decimal cost)
    {
        if (byAgent.IsDefault) return byAgent;
        var used = new AgentUsage(late.Agent, 0, late.Usage.InputTokens + late.Usage.OutputTokens, 0, cost);
        return [.. byAgent.Append(used).GroupBy(agent => agent.Agent, StringComparer.Ordinal).Select(agent => agent.Aggregate((all, one) => all.And(one))).OrderBy(agent => agent.Agent, StringComparer.Ordinal)];
    }

    private static bool IsBad(AttemptOutcome outcome) =>
        outcome is AttemptOutcome.Failure or AttemptOutcome.Timeout or AttemptOutcome.Lost or AttemptOutcome.Rejected or AttemptOutcome.Stale or AttemptOutcome.Refused;

    // When an attempt outlived all hosts and nobody said when it began, its answer says that there was one.
    private static bool IsFired(AttemptView attempt) => attempt.StartedAt is not null
        || (attempt.Outcome is AttemptOutcome.Accepted or AttemptOutcome.Rejected && attempt.Agent != Origin.Platform && !RunDrive.IsSpared(attempt));

    private static int Fired(RunDrive drive) => drive.Attempts.Where(IsFired).Select(attempt => attempt.Agent)
        .Concat(drive.Everyone.Where(step => step is { IsAtWork: true, StartedAt: not null }).Select(step => step.Agent))
        .Where(agent => agent != Origin.Platform).Distinct(StringComparer.Ordinal).Count();

    private static AttemptView Running(StepState step) => new()
    {
        Step = step.Plan.Id,
        Agent = step.Agent,
        Attempt = step.Attempt,
        Outcome = AttemptOutcome.Working,
        StartedAt = step.StartedAt,
        ReadVersion = step.ReadVersion,
    };

    // A retry is an attempt that was followed by another of its step; its cause is how the one before ended.
    private static ImmutableSortedDictionary<string, int> RetriesByCause(IReadOnlyList<AttemptView> attempts, IEnumerable<StepState> steps)
    {
        var causes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var step in steps)
        {
            var own = attempts.Where(attempt => attempt.Step == step.Plan.Id).ToArray();
            foreach (var attempt in own)
            {
                var isFollowed = step.Attempt > attempt.Attempt && step.Done?.Agent != Origin.Platform || own.Any(other => other.Attempt > attempt.Attempt && other.Agent != Origin.Platform);
                if (isFollowed && CauseOf(attempt.Outcome) is { } cause) causes[cause] = causes.GetValueOrDefault(cause) + 1;
            }
        }

        return causes.ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    private static string? CauseOf(AttemptOutcome outcome) => outcome switch
    {
        AttemptOutcome.Stale => "stale",
        AttemptOutcome.Failure or AttemptOutcome.Timeout => "failure",
        AttemptOutcome.Lost => "lost",
        AttemptOutcome.Rejected => "acceptance",
        _ => null,
    };
}
