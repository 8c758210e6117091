using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>Where a step is.</summary>
internal enum StepPhase
{
    /// <summary>For its reads, its guard, its turn or its delay.</summary>
    Waiting,

    /// <summary>An attempt is at its supervisor, or on the way there.</summary>
    Requested,

    /// <summary>A verifier judges what the attempt wants to write.</summary>
    Verifying,

    /// <summary>The attempt's writes are on their way to the log.</summary>
    Committing,

    /// <summary>The attempt's writes wait until a key that it read is accepted.</summary>
    Held,

    /// <summary>The record of another attempt is on its way to the log.</summary>
    Retrying,

    /// <summary>A person is asked.</summary>
    Asking,

    /// <summary>An attempt was accepted.</summary>
    Done,

    /// <summary>Will not run, and nobody minds: its guard was false, or <c>skip</c>.</summary>
    Skipped,

    /// <summary>Failed for good, or cannot run because something it depends on did.</summary>
    Failed,
}

/// <summary>What follows the record of another attempt.</summary>
internal enum AfterBegin
{
    Again,
    Fallback,
    Default,
    Skip,
    Fail,
    Ask,
}

/// <summary>Who answered a step.</summary>
internal enum AnsweredBy
{
    Agent,
    Memo,
    EqualStep,
}

/// <summary>The volatile state of one step in its run's drive.</summary>
internal sealed class StepState(PlannedStep plan, int index)
{
    public PlannedStep Plan { get; } = plan;

    public int Index { get; } = index;

    public StepPhase Phase
    {
        get => field;
        set
        {
            if (field == StepPhase.Requested && value != StepPhase.Requested) Lease = Lease?.End();
            field = value;
        }
    }

    /// <summary>The place in its capability's group that the attempt takes up; null when the task named its agent.</summary>
    public GroupLease? Lease { get; set; }

    /// <summary>The guard's answer; null while undecided.</summary>
    public bool? Guard { get; set; } = plan.When is null ? true : null;

    /// <summary>Whether something wanted needs it, as far as the guards are decided.</summary>
    public bool Demanded { get; set; }

    /// <summary>It did not run because of a failure or a missing key: then what it would have written counts as missing, even if there is an old value.</summary>
    public bool LeavesNothing { get; set; }

    /// <summary>It has ended without an accepted attempt, and the log is told to withdraw what its attempts published.</summary>
    public bool IsWithdrawn { get; set; }

    /// <summary>An earlier driver had an attempt of it.</summary>
    public bool HasRecord { get; set; }

    public int Retries { get; set; }

    public int Fence { get; set; }

    public int Attempt { get; set; }

    public string Agent { get; set; } = plan.Agent;

    public bool FellBack { get; set; }

    /// <summary>Half of the group is left out already: this agent's open breaker does not hold the attempt back.</summary>
    public bool IsLastResort { get; set; }

    /// <summary>Agents of the group that have refused or failed the step: others come first.</summary>
    public ImmutableHashSet<string> Avoid { get; set; } = [];

    /// <summary>The supervisor incarnation that the attempt was sent to.</summary>
    public long SentTo { get; set; }

    /// <summary>What the attempt was handed; null when an earlier driver handed it out.</summary>
    public ContextView? View { get; set; }

    public ContextVersion ReadVersion { get; set; }

    /// <summary>What the attempt was offered last to take in, while it works.</summary>
    public ContextView? Offered { get; set; }

    /// <summary>The view of the attempt before, when what it read had changed.</summary>
    public ContextView? Outdated { get; set; }

    public bool AskInFlight { get; set; }

    /// <summary>The hash of the work that was sent last; null when nothing was.</summary>
    public ContentHash? Work { get; set; }

    /// <summary>The work of which nothing is remembered, so that it is not looked for twice.</summary>
    public ContentHash? Forgotten { get; set; }

    /// <summary>An answer that needed no agent was refused.</summary>
    public bool AsksAgent { get; set; }

    /// <summary>What the accepted attempt wrote, when this driver has seen it; null when not, and of defaults.</summary>
    public ImmutableArray<ContextWrite>? Made { get; set; }

    /// <summary>It was answered without an agent: from an earlier run, or from a step with equal work.</summary>
    public AnsweredBy AnsweredBy { get; set; }

    public StepCommit? Commit { get; set; }

    public BeginAttempt? Begin { get; set; }

    public AfterBegin Then { get; set; }

    public RunStatus Why { get; set; } = RunStatus.Failed;

    public string? Reason { get; set; }

    public DateTimeOffset NotBefore { get; set; }

    public int Deferrals { get; set; }

    /// <summary>Attempts that ended in failure or loss.</summary>
    public int Failures { get; set; }

    /// <summary>Keys that the current attempt has published.</summary>
    public Dictionary<ContextKey, PublishedKey> Early { get; } = [];

    /// <summary>Attempts of producers whose early keys attempts of this step were handed.</summary>
    public HashSet<(int Producer, int Attempt)> RestsOn { get; } = [];

    /// <summary>The producers among them whose early keys the current attempt was handed.</summary>
    public HashSet<int> RestsNow { get; } = [];

    /// <summary>Early keys of an earlier driver's attempts, until it is known whether their attempt lives.</summary>
    public ImmutableArray<EarlyKey> EarlyBefore { get; set; } = [];

    public DateTimeOffset? AdmittedAt { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    /// <summary>Its supervisor was asked to admit it and nothing has come back: nobody here knows yet whether the agent has its view.</summary>
    public bool IsAdmitting { get; set; }

    /// <summary>Admissions of the attempt that may have handed it out, now or later.</summary>
    public int Admissions { get; set; }

    /// <summary>The attempt that others wait for with what it reads: a step's last.</summary>
    public int Intended { get; set; }

    public bool AwaitsIntent { get; set; }

    /// <summary>The keys of which the attempt was handed something else than what is there, and since when.</summary>
    public Dictionary<ContextKey, DateTimeOffset> Behind { get; } = [];

    /// <summary>The version that the attempt's view was last compared with.</summary>
    public ContextVersion? ComparedAt { get; set; }

    /// <summary>That it is behind was noted, and nothing follows from it.</summary>
    public bool IsTold { get; set; }

    /// <summary>Keys that were noted as stale, by attempt and kind.</summary>
    public HashSet<(int Attempt, string Kind, ContextKey Key)> Noted { get; } = [];

    /// <summary>How the last settled attempt was answered, for repeats.</summary>
    public (int Attempt, SettleOutcome Outcome)? Answered { get; set; }

    /// <summary>Attempts that ended and are in no record yet.</summary>
    public List<AttemptView> Unlogged { get; } = [];

    public AttemptView? Done { get; set; }

    public ImmutableArray<ContextKey> Wrote { get; set; } = [];

    public ImmutableArray<KeyPattern> Read { get; set; } = [];

    /// <summary>What it has asked people, as the log knows it.</summary>
    public ImmutableArray<Question> Questions { get; set; } = [];

    /// <summary>A question is being expired or withdrawn.</summary>
    public bool ReplyInFlight { get; set; }

    /// <summary>What a stale attempt wanted to commit, while a person is asked whether it may.</summary>
    public StepCommit? Pending { get; set; }

    /// <summary>The answers that the current attempt was handed.</summary>
    public ImmutableArray<Question> Answers { get; set; } = [];

    /// <summary>Whether people have decided something for it.</summary>
    public bool HasAnswers => Questions.Any(question => question is { Kind: QuestionKind.Agent, State: QuestionState.Answered });

    /// <summary>Why the attempt before was not accepted.</summary>
    public string? Feedback { get; set; }

    /// <summary>Who judges its attempts, in order.</summary>
    public ImmutableArray<StepState> Judges { get; set; } = [];

    /// <summary>The step that it judges; null for every step of the plan.</summary>
    public StepState? Judged { get; init; }

    /// <summary>What the attempt answered beside its writes.</summary>
    public JsonValue? Output { get; set; }

    public bool IsOver => Phase is StepPhase.Done or StepPhase.Skipped or StepPhase.Failed;

    public bool IsAtWork => Phase is StepPhase.Requested or StepPhase.Verifying or StepPhase.Committing or StepPhase.Held;

    /// <summary>Whether an exact read of <paramref name="key"/> may start on an early value.</summary>
    public bool HasEarly(KeyPattern key) => key.IsExact && IsAtWork && Early.ContainsKey(new(key.Value));
}

/// <summary>A key that a running attempt has published.</summary>
/// <param name="At">When it did so first.</param>
/// <param name="Value">The value that it published last; null when that was a deletion, or an earlier driver heard of it.</param>
/// <param name="IsDeletion">Whether it published that the key is gone.</param>
internal readonly record struct PublishedKey(DateTimeOffset At, JsonValue? Value, bool IsDeletion)
{
    /// <summary>Whether it is known here what was published.</summary>
    public bool IsKnown => IsDeletion || Value is not null;
}
