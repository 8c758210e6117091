using System.Collections.Immutable;
using Rosud.Channels;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>All that the channel's log knows of one open run. PROTOCOL-runs §2.</summary>
[GenerateSerializer, Immutable, Alias("rosud.run-record")]
internal sealed record RunRecord(
    [property: Id(0)] AcceptedRun Accepted,
    [property: Id(1)] int Epoch,
    [property: Id(2)] ImmutableSortedDictionary<string, StepRecord> Steps)
{
    /// <summary>Retries charged to the run's budget.</summary>
    [Id(3)] public int Retries { get; init; }

    /// <summary>Takeovers after crashes since the last step was done.</summary>
    [Id(4)] public int Takeovers { get; init; }

    /// <summary>How the run ended; null while it is open.</summary>
    [Id(5)] public RunEnd? End { get; init; }

    /// <summary>Its driver has ended in good order, and nobody has taken over yet.</summary>
    [Id(7)] public bool IsLetGo { get; init; }

    /// <summary>Runs below this one, by their name: those that it started and, of the first run of a tree, all.</summary>
    [Id(6)] public ImmutableSortedDictionary<string, ChildRun> Children { get; init; } = NoChildren;

    /// <summary>Steps planned by it and by all that is known below it.</summary>
    public int TreeSteps => Accepted.Steps.Length + Children.Values.Sum(child => child.Steps);

    public static ImmutableSortedDictionary<string, ChildRun> NoChildren { get; } = ImmutableSortedDictionary.Create<string, ChildRun>(StringComparer.Ordinal);
}

/// <summary>How and when a run ended.</summary>
[GenerateSerializer, Immutable, Alias("rosud.run-end")]
internal sealed record RunEnd(
    [property: Id(0)] RunStatus Status,
    [property: Id(1)] DateTimeOffset At,
    [property: Id(2)] ContextVersion Version,
    [property: Id(3)] string? Detail);

/// <summary>All that the channel's log knows of one step of an open run.</summary>
[GenerateSerializer, Immutable, Alias("rosud.step-record")]
internal sealed record StepRecord
{
    /// <summary>Retries so far: the next attempt is epoch + retries.</summary>
    [Id(0)] public int Retries { get; init; }

    /// <summary>Attempts below this are fenced.</summary>
    [Id(1)] public int Fence { get; init; }

    /// <summary>The accepted attempt; null while the step is not done.</summary>
    [Id(2)] public AttemptView? Done { get; init; }

    /// <summary>Attempts that ended without being accepted, in order.</summary>
    [Id(3)] public ImmutableArray<AttemptView> Ended { get; init; } = [];

    /// <summary>Keys published early by an attempt that is not accepted yet, with what was there before.</summary>
    [Id(4)] public ImmutableArray<EarlyKey> Early { get; init; } = [];

    /// <summary>Keys that the accepted attempt wrote.</summary>
    [Id(5)] public ImmutableArray<ContextKey> Wrote { get; init; } = [];

    /// <summary>Keys that an accepted attempt read (exact keys of the view handed over, or what the agent narrowed it to).</summary>
    [Id(6)] public ImmutableArray<KeyPattern> Read { get; init; } = [];

    /// <summary>What its attempts did outside, or were about to do.</summary>
    [Id(20)] public ImmutableArray<Effect> Effects { get; init; } = [];

    /// <summary>What it asked people, in order; at most one is open.</summary>
    [Id(21)] public ImmutableArray<Question> Questions { get; init; } = [];

    /// <summary>What a stale attempt wanted to commit, while a person is asked whether it may.</summary>
    [Id(22)] public StepCommit? Pending { get; init; }

    /// <summary>Its first agent was given up for its fallback.</summary>
    [Id(23)] public bool FellBack { get; init; }

    /// <summary>What those of its attempts had reserved that ended without saying what they used: it counts as used.</summary>
    [Id(24)] public ReservedUsage Unsaid { get; init; }
}

/// <summary>One key published early: by which attempt, at which version, and the value that comes back if the attempt is not accepted.</summary>
[GenerateSerializer, Immutable, Alias("rosud.early-key")]
internal sealed record EarlyKey(
    [property: Id(0)] ContextKey Key,
    [property: Id(1)] int Attempt,
    [property: Id(2)] ContextVersion Version,
    [property: Id(3)] JsonValue? Before,
    [property: Id(4)] bool IsDeletion = false);
