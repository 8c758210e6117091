using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>A run as it stands or ended, with what it cost.</summary>
internal sealed record RunBody
{
    public required string Run { get; init; }

    public required string Channel { get; init; }

    public required string Network { get; init; }

    [Optional] public string? TaskId { get; init; }

    public required string Goal { get; init; }

    public required RunStatus Status { get; init; }

    /// <summary>What was accepted of what was wanted, whatever the status.</summary>
    public required Dictionary<string, JsonValue> Outputs { get; init; }

    public required long VersionStart { get; init; }

    public required long VersionEnd { get; init; }

    public required RunAgents Agents { get; init; }

    public required AttemptBody[] Attempts { get; init; }

    /// <summary>By stale, failure, lost and acceptance.</summary>
    public required Dictionary<string, int> RetriesByCause { get; init; }

    public required long StaleContextEvents { get; init; }

    /// <summary>By stale, behind and expired.</summary>
    public required Dictionary<string, int> StaleContextEventsByKind { get; init; }

    public required int CascadePrevented { get; init; }

    /// <summary>Steps done without an attempt because another step of the run had done the equal work.</summary>
    public required int DuplicateWorkPrevented { get; init; }

    /// <summary>Steps answered from an earlier run, without an attempt.</summary>
    public required int MemoHits { get; init; }

    /// <summary>By how the first attempt above each step ended.</summary>
    public required Dictionary<string, int> CascadePreventedByCause { get; init; }

    public required TokensBody Tokens { get; init; }

    public required decimal CostUsd { get; init; }

    public required DateTimeOffset AcceptedAt { get; init; }

    public required DateTimeOffset? EndedAt { get; init; }

    public required double WallMs { get; init; }

    public required double CoordinationOverheadMs { get; init; }

    /// <summary>They sum to coordination_overhead_ms.</summary>
    public required Dictionary<string, double> OverheadPartsMs { get; init; }

    public required double ReworkMs { get; init; }

    /// <summary>From acceptance to end; its parts sum to wall_ms.</summary>
    public required PathPartBody[] CriticalPath { get; init; }

    /// <summary>Answers that came too late to count.</summary>
    public required AttemptBody[] LateResults { get; init; }

    /// <summary>What it asked people; the run is input_required while one is open.</summary>
    public required QuestionBody[] Questions { get; init; }

    /// <summary>What its steps did outside, or were about to do.</summary>
    public required EffectLineBody[] Effects { get; init; }

    /// <summary>The run that started this one.</summary>
    [Optional] public string? Parent { get; init; }

    /// <summary>Runs that this run's steps started; what they used is in its tokens and cost.</summary>
    public required string[] Children { get; init; }

    /// <summary>Why it did not complete.</summary>
    [Optional] public string? Problem { get; init; }

    /// <summary>Tokens and cost of each agent of this run, without those of runs that its steps started.</summary>
    public required Dictionary<string, AgentUsageBody> ByAgent { get; init; }

    /// <summary>For each attempt that was told that it is behind: milliseconds from the commit that it had not seen.</summary>
    public required double[] DetectionMs { get; init; }

    public required string TraceId { get; init; }

    public static RunBody Of(RunResult result) => new()
    {
        Run = result.Run.Name,
        Channel = result.Run.Channel.Name,
        Network = result.Network,
        TaskId = result.TaskId,
        Goal = result.Goal,
        Status = result.Status,
        Outputs = result.Outputs.ToDictionary(output => output.Key.Value, output => output.Value),
        VersionStart = result.VersionStart.Number,
        VersionEnd = result.VersionEnd.Number,
        Agents = result.Agents,
        Attempts = [.. result.Attempts.Select(AttemptBody.Of)],
        RetriesByCause = result.RetriesByCause.ToDictionary(),
        StaleContextEvents = result.StaleContextEvents.Values.Sum(count => (long)count),
        StaleContextEventsByKind = result.StaleContextEvents.ToDictionary(),
        CascadePrevented = result.CascadePrevented,
        DuplicateWorkPrevented = result.DuplicateWorkPrevented,
        MemoHits = result.MemoHits,
        CascadePreventedByCause = result.CascadePreventedByCause.ToDictionary(),
        Tokens = new(result.WorkTokens, result.CoordinationTokens),
        CostUsd = result.CostUsd,
        AcceptedAt = result.AcceptedAt,
        EndedAt = result.EndedAt,
        WallMs = result.WallMs,
        CoordinationOverheadMs = result.CoordinationOverheadMs,
        OverheadPartsMs = result.OverheadPartsMs.ToDictionary(),
        ReworkMs = result.ReworkMs,
        CriticalPath = [.. result.CriticalPath.Select(PathPartBody.Of)],
        LateResults = [.. result.LateResults.Select(AttemptBody.Of)],
        Questions = [.. result.Questions.Select(QuestionBody.Of)],
        Effects = [.. result.Effects.Select(EffectLineBody.Of)],
        Parent = result.Parent,
        Children = result.Children.IsDefault ? [] : [.. result.Children],
        ByAgent = AgentUsageBody.Of(result.ByAgent),
        DetectionMs = result.DetectionMs.IsDefault ? [] : [.. result.DetectionMs],
        Problem = result.ProblemDetail,
        TraceId = result.TraceId,
    };
}

/// <summary>One attempt at a step.</summary>
internal sealed record AttemptBody(
    string Step,
    string Agent,
    int Attempt,
    AttemptOutcome Outcome,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    long? ReadVersion,
    long? WroteVersion,
    [property: Optional] string? Reason,
    UsageBody Usage,
    [property: Optional] Dictionary<string, JsonValue>? Writes,
    [property: Optional] string[]? Delete)
{
    public static AttemptBody Of(AttemptView attempt) => new(
        attempt.Step, attempt.Agent, attempt.Attempt, attempt.Outcome, attempt.StartedAt, attempt.EndedAt,
        attempt.ReadVersion?.Number, attempt.WroteVersion?.Number, attempt.Reason, UsageBody.Of(attempt.Usage),
        Late(attempt, write => write.Value is not null)?.ToDictionary(write => write.Key.Value, write => write.Value!), Late(attempt, write => write.Value is null)?.Select(write => write.Key.Value).ToArray());

    // Only of answers that came too late.
    private static ContextWrite[]? Late(AttemptView attempt, Func<ContextWrite, bool> which) =>
        !attempt.LateWrites.IsDefaultOrEmpty && attempt.LateWrites.Where(which).ToArray() is { Length: > 0 } writes ? writes : null;
}

/// <summary>Part of the way from acceptance to end: work, or one kind of waiting.</summary>
internal sealed record PathPartBody(string Kind, double Ms, [property: Optional] string? Step, [property: Optional] string? Agent, [property: Optional] int? Attempt)
{
    public static PathPartBody Of(PathPart part) => new(part.Kind, part.Ms, part.Step, part.Agent, part.Step is null ? null : part.Attempt);
}

/// <summary>A run that goes on: it is at <c>/v1/runs/{run}</c>.</summary>
internal sealed record AcceptedBody(string Run, string Channel, RunStatus Status)
{
    public static AcceptedBody Of(RunId run, RunStatus status) => new(run.Name, run.Channel.Name, status);
}

/// <summary>What happened in a run, in order.</summary>
internal sealed record TimelineBody(string Run, IReadOnlyList<TimelineEventBody> Events);

/// <summary>One thing that happened in a run.</summary>
internal sealed record TimelineEventBody(
    DateTimeOffset At,
    string Kind,
    [property: Optional] string? Step,
    [property: Optional] string? Agent,
    [property: Optional] int? Attempt,
    [property: Optional] long? Version,
    [property: Optional] string? Detail)
{
    public static TimelineEventBody Of(TimelineEvent happened) => new(
        happened.At, happened.Kind, happened.Step, happened.Agent, happened.Step is null ? null : happened.Attempt, happened.Version?.Number, happened.Detail);
}

/// <summary>A run in a list.</summary>
internal sealed record RunSummaryBody(string Run, string Channel, RunStatus Status, DateTimeOffset AcceptedAt, DateTimeOffset? EndedAt)
{
    public static RunSummaryBody Of(RunSummary run) => new(run.Run.Name, run.Run.Channel.Name, run.Status, run.AcceptedAt, run.EndedAt);
}

/// <summary>A page of runs.</summary>
internal sealed record RunListBody(IReadOnlyList<RunSummaryBody> Runs, string? Next);
