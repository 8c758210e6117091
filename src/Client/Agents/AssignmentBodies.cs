using System.ComponentModel.DataAnnotations;
using Rosud.Context;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>Asks for assignments.</summary>
internal sealed record TakeBody
{
    [Range(1, 100)]
    public int Max { get; init; } = 1;

    /// <summary>How long to wait for the first.</summary>
    [Range(0, 20_000)]
    public int WaitMs { get; init; } = 20_000;

    /// <summary>How long the worker may be silent.</summary>
    [Range(1_000, 600_000)]
    public int LeaseMs { get; init; } = 30_000;

    /// <summary>A name that only this worker has: a release of it ends the waiting.</summary>
    [Text(128, 1)]
    public string? Worker { get; init; }

    public TakeRequest ToRequest() => new(Max, TimeSpan.FromMilliseconds(WaitMs), TimeSpan.FromMilliseconds(LeaseMs), Worker);
}

/// <summary>Ends the waiting takes of one worker.</summary>
internal sealed record ReleaseBody
{
    /// <summary>The name that it takes under.</summary>
    [Text(128, 1)]
    public required string Worker { get; init; }
}

/// <summary>Says that a worker is alive.</summary>
internal sealed record HeartbeatBody
{
    /// <summary>How far it is.</summary>
    [Range(0d, 1d)]
    public double? Progress { get; init; }

    [Text(1024)]
    public string? Status { get; init; }

    /// <summary>How long to wait for news.</summary>
    [Range(0, 20_000)]
    public int WaitMs { get; init; }

    public HeartbeatRequest ToRequest() => new(Progress, Status, TimeSpan.FromMilliseconds(WaitMs));
}

/// <summary>Early keys.</summary>
internal sealed record PublishBody
{
    [KeyName, Count(10_000)]
    public required Dictionary<string, JsonValue> Writes { get; init; }

    [KeyName, Count(10_000)]
    public string[] Delete { get; init; } = [];
}

/// <summary>Ends an attempt with what it wants committed.</summary>
internal sealed record CompleteBody
{
    [KeyName, Count(10_000)]
    public Dictionary<string, JsonValue> Writes { get; init; } = [];

    [KeyName, Count(10_000)]
    public string[] Delete { get; init; } = [];

    /// <summary>A value beside the context.</summary>
    public JsonValue? Output { get; init; }

    /// <summary>What it really relied on, when that is less than its view.</summary>
    [Keys, Count(10_000)]
    public string[]? Reads { get; init; }

    public UsageBody Usage { get; init; } = new();

    /// <summary>The version it rests on, when the agent has taken in what a heartbeat said has changed.</summary>
    [Range(0d, 1e15)]
    public long? BasedOn { get; init; }

    public Completion ToCompletion(RequestReader request) => new()
    {
        Writes = Context.Writes.Of(Writes, Delete, request),
        Output = Output,
        Reads = Reads is null ? null : [.. Reads.Select(pattern => new KeyPattern(pattern))],
        Usage = Usage.ToUsage(),
        BasedOn = BasedOn is { } version ? new ContextVersion(version) : default(ContextVersion?),
    };
}

/// <summary>What an attempt used.</summary>
internal sealed record UsageBody
{
    [Range(0d, 1e15)]
    public long InputTokens { get; init; }

    [Range(0d, 1e15)]
    public long OutputTokens { get; init; }

    /// <summary>Left out, the network's prices hold.</summary>
    [Range(0d, 1e9)]
    public decimal? CostUsd { get; init; }

    /// <summary>The model, whose price counts before the agent's.</summary>
    [Optional, Text(Usage.ModelLengthMax, 1)]
    public string? Model { get; init; }

    public static UsageBody Of(Usage usage) => new() { InputTokens = usage.InputTokens, OutputTokens = usage.OutputTokens, CostUsd = usage.CostUsd, Model = usage.Model };

    public Usage ToUsage() => new(InputTokens, OutputTokens, CostUsd, Model);
}

/// <summary>Ends an attempt without writes.</summary>
internal sealed record FailBody
{
    /// <summary>At most 4,096 characters; longer is cut.</summary>
    [Text(65_536, 1)]
    public required string Reason { get; init; }

    public bool Retryable { get; init; } = true;

    /// <summary>The agent is throttled: a deferral, which spends no retry.</summary>
    [DurationMs(0)]
    public long? RetryAfterMs { get; init; }

    public Failure ToFailure() => new()
    {
        Reason = Reason,
        Retryable = Retryable,
        RetryAfter = RetryAfterMs is { } retryAfterMs ? TimeSpan.FromMilliseconds(retryAfterMs) : null,
    };
}

/// <summary>Assignments that were handed out.</summary>
internal sealed record AssignmentListBody(IReadOnlyList<AssignmentBody> Assignments);

/// <summary>One attempt at one step, as its agent gets it.</summary>
internal sealed record AssignmentBody
{
    public required string Id { get; init; }

    public required string Run { get; init; }

    public required string Step { get; init; }

    public required string Agent { get; init; }

    public required int Attempt { get; init; }

    public required string Goal { get; init; }

    public required JsonValue Input { get; init; }

    /// <summary>When the attempt ends, by the cluster's clock.</summary>
    public required DateTimeOffset Deadline { get; init; }

    /// <summary>Time left when it was handed out: what to measure with.</summary>
    public required long DeadlineMs { get; init; }

    public required DateTimeOffset LeaseUntil { get; init; }

    /// <summary>Runs only for comparison: no outside effects.</summary>
    public required bool Shadow { get; init; }

    public required ViewBody Context { get; init; }

    /// <summary>What changed since the attempt before.</summary>
    public required ChangedBody? Changed { get; init; }

    /// <summary>Give it to whatever has effects.</summary>
    public required string IdempotencyKey { get; init; }

    public required string? Traceparent { get; init; }

    /// <summary>What people have answered to the step, as far as it still holds.</summary>
    public required AnswerGivenBody[] Answers { get; init; }

    /// <summary>What a verifier is to judge; null for all other work.</summary>
    public required ProposedBody? Proposed { get; init; }

    /// <summary>Why the attempt before was not accepted.</summary>
    public required string? Feedback { get; init; }

    public static AssignmentBody Of(Assignment assignment) => new()
    {
        Id = assignment.Id.ToString(),
        Run = assignment.Id.Run.Name,
        Step = assignment.Id.Step,
        Agent = assignment.Id.Agent.Name,
        Attempt = assignment.Id.Attempt,
        Goal = assignment.Goal,
        Input = assignment.Input,
        Deadline = assignment.Deadline,
        DeadlineMs = Math.Max(0, (long)assignment.TimeLeft.TotalMilliseconds),
        LeaseUntil = assignment.LeaseUntil,
        Shadow = assignment.Shadow,
        Context = ViewBody.Of(assignment.Context),
        Changed = assignment.Changed is { } changed ? new(changed.Since.Number, [.. changed.Keys.Select(key => key.Value)]) : null,
        IdempotencyKey = assignment.IdempotencyKey,
        Traceparent = assignment.TraceParent,
        Answers = [.. (assignment.Answers.IsDefault ? [] : assignment.Answers).Select(AnswerGivenBody.Of)],
        Proposed = assignment.Proposed is { } proposed ? ProposedBody.Of(proposed) : null,
        Feedback = assignment.Feedback,
    };
}

/// <summary>The declared reads, as they were at one version.</summary>
internal sealed record ViewBody(long Version, Dictionary<string, SeenBody> Entries)
{
    public static ViewBody Of(ContextView view) => new(
        view.Version.Number, view.Entries.ToDictionary(entry => entry.Key.Value, entry => new SeenBody(entry.Value, entry.Version.Number)));
}

/// <summary>One key's value, and the version that wrote it.</summary>
internal sealed record SeenBody(JsonValue Value, long Version);

/// <summary>What changed in an attempt's reads since the attempt before.</summary>
internal sealed record ChangedBody(long Since, string[] Keys);

/// <summary>A lease that was renewed.</summary>
internal sealed record BeatBody(DateTimeOffset LeaseUntil, bool Superseded, bool Cancelled, [property: Optional] NewsBody? Changed);

/// <summary>What has changed of what a running attempt was handed, for an agent registered with rebase: complete with <c>based_on</c> when it was taken in.</summary>
/// <param name="Context">The changed keys as they are now, without those that are gone.</param>
internal sealed record NewsBody(long Since, string[] Keys, ViewBody Context)
{
    public static NewsBody Of(ChangedContext changed) => new(changed.Change.Since.Number, [.. changed.Change.Keys.Select(key => key.Value)], ViewBody.Of(changed.Context));
}

/// <summary>Early keys that are in the context.</summary>
internal sealed record PublishedBody(long Version);

/// <summary>What became of a completion.</summary>
internal sealed record SettledBody(SettleKind Outcome, [property: Optional] long? Version, [property: Optional] string? Reason);

/// <summary>A failure that is noted; the outcome is always <c>noted</c>.</summary>
internal sealed record NotedBody(string Outcome);
