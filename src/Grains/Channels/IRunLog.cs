using System.Collections.Immutable;
using Orleans.Concurrency;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>The channel as its runs' drivers see it: the durable truth of every run. PROTOCOL-runs §3, §4.</summary>
/// <remarks>Implemented by the channel's grain, same key. Each verb is one record in the log, or none when it is refused; repeating it gives the same answer.</remarks>
[Alias("rosud.run-log")]
internal interface IRunLog : IGrainWithStringKey
{
    /// <summary>Makes the caller the driver: raises the run's epoch durably and answers all that is known of it.</summary>
    [Alias("take-driver")]
    Task<DriverAnswer> TakeDriver(RunId run);

    /// <summary>The driver of an open run ends in good order: who drives next takes over from no crash. May be lost; repeating it is harmless.</summary>
    [OneWay, Alias("let-go")]
    Task LetGo(RunId run, int epoch);

    /// <summary>Commits what an attempt wrote and marks its step done, in one record.</summary>
    [Alias("commit-step"), ResponseTimeout(RunCalls.Limit)]
    Task<StepAnswer> CommitStep(StepCommit commit);

    /// <summary>Commits keys of a running attempt, as provisional.</summary>
    [Alias("publish-step"), ResponseTimeout(RunCalls.Limit)]
    Task<StepAnswer> PublishStep(StepPublish publish);

    /// <summary>Counts a retry, fences lower attempts and withdraws their early keys, in one record.</summary>
    [Alias("begin"), ResponseTimeout(RunCalls.Limit)]
    Task<StepAnswer> Begin(BeginAttempt begin);

    /// <summary>Claims an effect of a running attempt, or keeps its receipt. PROTOCOL-runs §5.</summary>
    [Alias("effect"), ResponseTimeout(RunCalls.Limit)]
    Task<StepAnswer> Effect(StepEffect effect);

    /// <summary>A question is answered, expires, or is withdrawn because what it rests on has changed.</summary>
    [Alias("reply"), ResponseTimeout(RunCalls.Limit)]
    Task<StepAnswer> Reply(StepReply reply);

    /// <summary>Keeps what is known of a run below this one, unless this one has ended. A repeat changes nothing, and asked for twice under two names a child has the first.</summary>
    [Alias("put-child")]
    Task<StepAnswer> PutChild(RunId run, ChildRun child);

    /// <summary>The last try of a step begins: for at most <see cref="WriteIntents.Longest"/> other writers wait with what it reads. Answers what the run reads, as it is now.</summary>
    [Alias("intend"), ResponseTimeout(RunCalls.Limit)]
    Task<ContextView> Intend(RunId run, string step, ImmutableArray<KeyPattern> reads, ImmutableArray<KeyPattern> interest);

    /// <summary>Ends the run, once, and withdraws what unfinished steps published.</summary>
    [Alias("end")]
    Task<StepAnswer> End(EndRun end);

    /// <summary>The run's result is archived: the log may forget all but its id, hash and status.</summary>
    [Alias("archived")]
    Task Archived(RunId run);

    /// <summary>What happened in a run beside the log, for the channel's listeners. May be lost.</summary>
    [OneWay, Alias("tell")]
    Task Tell(RunId run, ImmutableArray<TimelineEvent> events);

    /// <summary>Whether an archived run may still be shown: its channel is the one that it was accepted in, and is not deleted.</summary>
    [Alias("keeps")]
    Task<bool> Keeps(RunId run, DateTimeOffset acceptedAt);

    /// <summary>Reads what a run may read, plainly, for a driver that has missed a notice.</summary>
    [Alias("view"), ResponseTimeout(RunCalls.Limit)]
    Task<ContextView> View(RunId run, ImmutableArray<KeyPattern> keys);
}

/// <summary>The answer to a driver that takes over.</summary>
[GenerateSerializer, Immutable, Alias("rosud.driver-answer")]
internal abstract record DriverAnswer
{
    private DriverAnswer() { }

    /// <summary>The caller drives, under the record's epoch. An ended run has <see cref="RunRecord.End"/> and needs only its archive.</summary>
    /// <param name="Record">All that is known.</param>
    /// <param name="Context">The run's interest, as it is now.</param>
    /// <param name="TimeLeft">Until the deadline, by the channel's clock.</param>
    [GenerateSerializer, Immutable, Alias("rosud.driver-taken")]
    internal sealed record Taken([property: Id(0)] RunRecord Record, [property: Id(1)] ContextView Context, [property: Id(2)] TimeSpan TimeLeft) : DriverAnswer;

    /// <summary>The run has ended and was archived; only this is left.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.driver-gone")]
    internal sealed record Gone([property: Id(0)] RunEnd? End) : DriverAnswer;
}

/// <summary>What an accepted attempt wrote and relied on.</summary>
[GenerateSerializer, Immutable, Alias("rosud.step-commit")]
internal sealed record StepCommit
{
    [Id(0)] public required RunId Run { get; init; }

    [Id(1)] public required int Epoch { get; init; }

    [Id(2)] public required string Step { get; init; }

    /// <summary>The attempt as the result will list it; its <see cref="AttemptView.ReadVersion"/> is what the writes are based on.</summary>
    [Id(3)] public required AttemptView Attempt { get; init; }

    [Id(4)] public required ImmutableArray<ContextWrite> Writes { get; init; }

    /// <summary>Keys and patterns the attempt relied on.</summary>
    [Id(5)] public required ImmutableArray<KeyPattern> Reads { get; init; }

    /// <summary>Commit although a read has changed, and mark the entries.</summary>
    [Id(6)] public bool FlagStale { get; init; }

    /// <summary>With the last step: how the run ends, in the same record.</summary>
    [Id(7)] public RunStatus? Last { get; init; }

    [Id(8)] public string? LastDetail { get; init; }

    /// <summary>The writer; the platform for default values.</summary>
    [Id(9)] public string? Writer { get; init; }

    /// <summary>What happened in the run just before, as <see cref="IRunLog.Tell"/> would say it: listeners hear it with the commit.</summary>
    [Id(10)] public ImmutableArray<TimelineEvent> Told { get; init; } = [];

    /// <summary>The attempts of verifiers that accepted it, one of each.</summary>
    [Id(20)] public ImmutableArray<AttemptView> Verified { get; init; } = [];

    /// <summary>The hash of the work, when its answer may be remembered or recalled; null when not.</summary>
    [Id(11)] public ContentHash? Work { get; init; }

    /// <summary>No agent was asked: what is remembered of the work is to be committed, if it is.</summary>
    [Id(12)] public bool IsRecall { get; init; }

    /// <summary>No agent was asked: a step of the run had done the equal work.</summary>
    [Id(13)] public bool IsCopy { get; init; }
}

/// <summary>Early keys of a running attempt.</summary>
[GenerateSerializer, Immutable, Alias("rosud.step-publish")]
internal sealed record StepPublish(
    [property: Id(0)] RunId Run,
    [property: Id(1)] int Epoch,
    [property: Id(2)] string Step,
    [property: Id(3)] int Attempt,
    [property: Id(4)] string Agent,
    [property: Id(5)] ImmutableArray<ContextWrite> Writes,
    [property: Id(6)] ContextVersion BasedOn,
    [property: Id(7)] ImmutableArray<KeyPattern> Reads);

/// <summary>Why a step is tried again.</summary>
internal enum RetryCause
{
    /// <summary>What it read had changed.</summary>
    Stale,

    /// <summary>The agent failed, timed out, or a worker lost its lease.</summary>
    Failure,

    /// <summary>The platform lost it. Not charged.</summary>
    Lost,

    /// <summary>Its writes were not acceptable.</summary>
    Acceptance,

    /// <summary>It asked a person. Not charged.</summary>
    Asked,
}

/// <summary>Another attempt at a step.</summary>
/// <param name="Attempt">The new attempt's number.</param>
/// <param name="Last">The attempt before, as it ended.</param>
/// <param name="Charged">Whether it spends the run's retry budget.</param>
[GenerateSerializer, Immutable, Alias("rosud.begin-attempt")]
internal sealed record BeginAttempt(
    [property: Id(0)] RunId Run,
    [property: Id(1)] int Epoch,
    [property: Id(2)] string Step,
    [property: Id(3)] int Attempt,
    [property: Id(4)] RetryCause Cause,
    [property: Id(5)] bool Charged,
    [property: Id(6)] AttemptView Last)
{
    /// <summary>The attempt before ended with this question.</summary>
    [Id(20)] public AskedQuestion? Asked { get; init; }

    /// <summary>Attempts of verifiers that judged the attempt before, the last of them against it.</summary>
    [Id(21)] public ImmutableArray<AttemptView> Verified { get; init; } = [];

    /// <summary>The new attempt is the fallback agent's, and so are those after it.</summary>
    [Id(22)] public bool FallsBack { get; init; }

    /// <summary>What the attempt before had reserved of the budget, when it ended without saying what it used.</summary>
    [Id(23)] public ReservedUsage Unsaid { get; init; }
}

/// <summary>A question on its way to the log, which pins it to what it rests on.</summary>
[GenerateSerializer, Immutable, Alias("rosud.asked-question")]
internal sealed record AskedQuestion(
    [property: Id(0)] string Id,
    [property: Id(1)] QuestionKind Kind,
    [property: Id(2)] string Text,
    [property: Id(3)] JsonValue? Schema,
    [property: Id(4)] TimeSpan? Expires,
    [property: Id(5)] ContextVersion ReadVersion,
    [property: Id(6)] ImmutableArray<KeyPattern> Reads)
{
    /// <summary>With a stale attempt: the keys that had changed.</summary>
    [Id(7)] public ImmutableArray<ContextKey> Changed { get; init; } = [];

    /// <summary>With a stale attempt: what it wanted to commit.</summary>
    [Id(8)] public StepCommit? Pending { get; init; }
}

/// <summary>An effect of a running attempt: a claim, a receipt, or a look.</summary>
[GenerateSerializer, Immutable, Alias("rosud.step-effect")]
internal sealed record StepEffect(
    [property: Id(0)] RunId Run,
    [property: Id(1)] int Epoch,
    [property: Id(2)] string Step,
    [property: Id(3)] int Attempt,
    [property: Id(4)] EffectRequest Request,
    [property: Id(5)] string IdempotencyKey,
    [property: Id(6)] ContextVersion ReadVersion,
    [property: Id(7)] ImmutableArray<SeenKey> Reads);

/// <summary>What happens to a question.</summary>
internal enum ReplyKind
{
    /// <summary>Somebody answers.</summary>
    Answer,

    /// <summary>Its time is over.</summary>
    Expire,

    /// <summary>What it rests on has changed.</summary>
    Withdraw,
}

/// <summary>Something happens to a question of a step.</summary>
[GenerateSerializer, Immutable, Alias("rosud.step-reply")]
internal sealed record StepReply(
    [property: Id(0)] RunId Run,
    [property: Id(1)] int Epoch,
    [property: Id(2)] string Step,
    [property: Id(3)] ReplyKind Kind,
    [property: Id(4)] GivenAnswer Answer);

/// <summary>The end of a run that no last commit carries. Epoch 0 is a cancel from outside, which is not fenced.</summary>
/// <param name="Unfinished">Attempts that the end cut off, for the result.</param>
[GenerateSerializer, Immutable, Alias("rosud.end-run")]
internal sealed record EndRun(
    [property: Id(0)] RunId Run,
    [property: Id(1)] int Epoch,
    [property: Id(2)] RunStatus Status,
    [property: Id(3)] string? Detail,
    [property: Id(4)] ImmutableArray<AttemptView> Unfinished);

/// <summary>The channel's answer to a driver.</summary>
[GenerateSerializer, Immutable, Alias("rosud.step-answer")]
internal abstract record StepAnswer
{
    private StepAnswer() { }

    /// <summary>It is in the log. <paramref name="Changes"/> are the commits it made (none for a record about the run alone), as listeners see them.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.step-done")]
    internal sealed record Done([property: Id(0)] ContextVersion Version, [property: Id(1)] ImmutableArray<Change> Changes) : StepAnswer
    {
        /// <summary>How the run ended, when this record ended it.</summary>
        [Id(2)] public RunEnd? End { get; init; }

        /// <summary>Written keys that lost by the channel's conflict rules.</summary>
        [Id(3)] public ImmutableArray<ContextKey> Dropped { get; init; } = [];

        /// <summary>Written keys whose writes wait to be resolved: like the dropped they did not change, and they may later.</summary>
        [Id(4)] public ImmutableArray<ContextKey> Parked { get; init; } = [];

        /// <summary>What it had read and had changed: it was committed all the same, because the run flags and does not refuse.</summary>
        [Id(6)] public ImmutableArray<StaleKey> Flagged { get; init; } = [];

        /// <summary>The question that the record asked.</summary>
        [Id(20)] public Question? Question { get; init; }

        /// <summary>Of a child: the run that stands for what was asked, which is the one that was asked for first.</summary>
        [Id(21)] public ChildRun? Child { get; init; }

        /// <summary>Of a recall: what was remembered, also where it changed nothing.</summary>
        [Id(5)] public ImmutableArray<ContextWrite> Recalled { get; init; } = [];
    }

    /// <summary>How an effect stands now. <paramref name="Made"/> is true when this call recorded it.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.step-effect-known")]
    internal sealed record EffectKnown([property: Id(0)] Effect Effect, [property: Id(1)] bool Made) : StepAnswer;

    /// <summary>How a question stands now. Not open: what was asked of the log did not change it, unless it is what was asked for.</summary>
    /// <param name="Question">The question.</param>
    /// <param name="Next">The question that took its place in the same record.</param>
    /// <param name="StaleKeys">With one that was withdrawn just now: what changed.</param>
    [GenerateSerializer, Immutable, Alias("rosud.step-question")]
    internal sealed record Asked([property: Id(0)] Question Question, [property: Id(1)] Question? Next, [property: Id(2)] ImmutableArray<StaleKey> StaleKeys) : StepAnswer;

    /// <summary>The step was done before, by this attempt. <paramref name="Attempt"/> is how it is listed.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.step-already")]
    internal sealed record Already([property: Id(0)] AttemptView Attempt) : StepAnswer
    {
        /// <summary>The keys it wrote.</summary>
        [Id(1)] public ImmutableArray<ContextKey> Wrote { get; init; } = [];
    }

    /// <summary>Of a recall: nothing is remembered of that work.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.step-forgotten")]
    internal sealed record Forgotten : StepAnswer;

    /// <summary>What it read, or wrote under <c>reject</c>, has changed. <paramref name="Context"/> is the run's interest as it is now.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.step-stale")]
    internal sealed record Stale([property: Id(0)] ImmutableArray<StaleKey> Keys, [property: Id(1)] ContextView Context) : StepAnswer;

    /// <summary>A key it read is not accepted yet: hold the commit and repeat it when that producer is done.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.step-provisional")]
    internal sealed record Provisional : StepAnswer;

    /// <summary>A later attempt has the step.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.step-fenced")]
    internal sealed record Fenced : StepAnswer;

    /// <summary>Another driver took over: stop.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.step-superseded")]
    internal sealed record EpochLost : StepAnswer;

    /// <summary>The run has ended.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.step-ended")]
    internal sealed record Ended([property: Id(0)] RunEnd End) : StepAnswer;

    /// <summary>The retry budget of the run or of the channel is spent.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.step-budget")]
    internal sealed record BudgetSpent : StepAnswer;

    /// <summary>The writes break a rule of the channel (schema, limits): the attempt is rejected.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.step-refused")]
    internal sealed record Refused([property: Id(0)] Problem Problem) : StepAnswer;
}
