using System.Collections.Immutable;
using Rosud.Audit;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>Decides what a run's driver may write into the log: PROTOCOL-runs §4, in its order.</summary>
internal static class RunRules
{
    /// <summary>Runs of one channel that may be open at once.</summary>
    public const int OpenMax = 20_000;

    /// <summary>What the early keys of one run may hold, so that one record can always take them back.</summary>
    public const long EarlyBytesMax = 2 * 1024 * 1024;

    /// <summary>Takeovers without a finished step after which a run is given up.</summary>
    public const int TakeoversMax = 5;

    public static CoordinateOutcome Accept(Draft draft, AcceptedRun accepted, OperationKey? operation = null) => draft.State.Exists
        ? Once(draft, operation, () => Accept(draft, accepted))!
        : new CoordinateOutcome.Refused(ChannelRules.NotFound);

    /// <summary>The run that a request's key or task id stands for already; null when it asks for a new one. A key that is new is remembered with the run it joins.</summary>
    public static CoordinateOutcome? Known(Draft draft, CoordinateRequest request) => draft.State.Exists
        ? Once(draft, request.Operation, () => request.Task.Id is { } id && draft.State.Runs.FindTask(id) is { } known ? Join(known, request.TaskHash) : null)
        : new CoordinateOutcome.Refused(ChannelRules.NotFound);

    private static CoordinateOutcome? Once(Draft draft, OperationKey? operation, Func<CoordinateOutcome?> evaluate) => Operations.Once(
        draft,
        operation,
        evaluate,
        outcome => outcome is CoordinateOutcome.Accepted,
        problem => new CoordinateOutcome.Refused(problem),
        outcome => outcome is CoordinateOutcome.Accepted accepted ? accepted with { Joined = true, IsReplay = true } : outcome);

    private static CoordinateOutcome Accept(Draft draft, AcceptedRun accepted)
    {
        if (accepted.Task.Id is { } id && draft.State.Runs.FindTask(id) is { } known) return Join(known, accepted.TaskHash);
        if (draft.State.Runs.Live.Count >= OpenMax)
        {
            return new CoordinateOutcome.Refused(new(ProblemKind.Overloaded, "The channel has too many open runs.") { RetryAfter = TimeSpan.FromSeconds(1) });
        }

        draft.Put(new RunRecord(accepted with { VersionStart = draft.State.Log.Head }, 1, ImmutableSortedDictionary.Create<string, StepRecord>(StringComparer.Ordinal)));
        draft.Notify("run", new { run = accepted.Run.Name, status = "submitted", goal = accepted.Task.Goal });
        return new CoordinateOutcome.Accepted(accepted.Run, false);
    }

    public static CoordinateOutcome Join((RunId Run, ContentHash TaskHash) known, ContentHash taskHash) => known.TaskHash == taskHash
        ? new CoordinateOutcome.Accepted(known.Run, true)
        : new CoordinateOutcome.Refused(new(ProblemKind.IdempotencyMismatch, "This task id was used with another task."));

    public static DriverAnswer TakeDriver(Draft draft, RunId run)
    {
        if (!draft.State.Runs.Live.TryGetValue(run.Name, out var record))
        {
            return new DriverAnswer.Gone(draft.State.Runs.Stubs.GetValueOrDefault(run.Name)?.End);
        }

        if (record.End is null && draft.Now > record.Accepted.Deadline)
        {
            record = EndNow(draft, record, RunStatus.DeadlineExceeded, "The deadline passed.", []);
        }

        if (record.End is null)
        {
            // A person may take days, and hosts restart meanwhile: that is no crash loop.
            record = record with { Epoch = record.Epoch + 1, Takeovers = record.Takeovers + (record.IsLetGo || QuestionRules.IsAsking(record) ? 0 : 1), IsLetGo = false };
            draft.Put(record);
            if (record.Takeovers >= TakeoversMax) record = EndNow(draft, record, RunStatus.Failed, "crash_loop: five takeovers without a finished step.", []);
        }

        return new DriverAnswer.Taken(record, Interest(draft.State, record, draft.Now), record.Accepted.Deadline - draft.Now);
    }

    /// <summary>Notes that the channel's silo stops in good order, and drivers with it: a run is driven where its channel is, if it can be.</summary>
    /// <param name="draft">Takes it.</param>
    /// <param name="runs">Open runs.</param>
    /// <returns>Whether there was anything to note.</returns>
    public static bool LetGo(Draft draft, IEnumerable<string> runs)
    {
        var any = false;
        foreach (var run in runs)
        {
            if (!draft.State.Runs.Live.TryGetValue(run, out var record) || record is not { End: null, IsLetGo: false }) continue;
            draft.Put(record with { IsLetGo = true });
            any = true;
        }

        return any;
    }

    /// <summary>Notes that the run's driver has ended in good order, unless another has taken over since.</summary>
    public static bool LetGo(Draft draft, RunId run, int epoch) =>
        draft.State.Runs.Live.TryGetValue(run.Name, out var record) && record.Epoch == epoch && LetGo(draft, [run.Name]);

    public static StepAnswer Commit(Draft draft, StepCommit commit)
    {
        if (Gate(draft, commit.Run, commit.Epoch, commit.Step, commit.Attempt.Attempt, out var record, out var step) is { } refused) return refused;
        if (commit.IsRecall)
        {
            if (StepMemos.Recall(draft.State, record, commit) is not { } recalled) return new StepAnswer.Forgotten();
            commit = recalled;
        }

        var origin = new Origin(commit.Writer ?? commit.Attempt.Agent, commit.Run.Name, commit.Step, commit.Attempt.Attempt);
        if (!VerifierRules.IsJudged(record, commit)) return new StepAnswer.Refused(VerifierRules.NotJudged);
        if (ReadsProvisional(draft.State, commit.Reads, origin)) return new StepAnswer.Provisional();
        var patch = new ContextPatch
        {
            Writes = commit.IsRecall || commit.IsCopy ? StepMemos.Changing(draft.State, commit.Writes) : commit.Writes,
            BasedOn = commit.Attempt.ReadVersion ?? draft.State.Log.Head,
            Reads = commit.Reads,
            Origin = origin,
        };
        if (Judge(draft, patch, record, commit.FlagStale, provisional: false, out var made, out var lost) is { } judged) return judged;
        if (commit is { IsRecall: false, IsCopy: false }) draft.Handed(record.Accepted, commit.Attempt, commit.Reads);
        draft.Park(patch, lost.Parked);
        var version = made.Length > 0 ? made[^1].Version : draft.State.Log.Head;
        var done = commit.Attempt with { Outcome = AttemptOutcome.Accepted, Handed = [], WroteVersion = made.Length > 0 ? version : null };
        record = record with
        {
            Takeovers = 0,
            Steps = record.Steps.SetItem(commit.Step, step with
            {
                Done = done,
                Fence = Math.Max(step.Fence, done.Attempt),
                Early = [],
                Read = commit.Reads,
                Wrote = WroteOf(commit.Writes.RemoveAll(write => lost.Dropped.Contains(write.Key) || lost.Parked.Contains(write.Key)), step.Early),
                Pending = null,
            }),
        };
        record = VerifierRules.Note(record, commit.Verified);
        draft.Put(record);
        draft.Accept(step.Early);
        if (!commit.IsRecall) StepMemos.Remember(draft, commit, step);
        draft.Notify("assignment", new { run = commit.Run.Name, step = commit.Step, agent = done.Agent, attempt = done.Attempt, outcome = "accepted", version = version.Number });
        var before = draft.Commits.Count;
        // Its driver has not seen yet that something wanted was lost, and says then how the run ends.
        if (commit.Last is { } status && !lost.Dropped.Concat(lost.Parked).Any(key => IsWanted(record, key))) record = EndNow(draft, record, status, commit.LastDetail, []);
        return new StepAnswer.Done(version, [.. made, .. draft.Commits.Skip(before)])
        {
            End = record.End,
            Dropped = lost.Dropped,
            Parked = lost.Parked,
            Flagged = lost.Flagged,
            Recalled = commit.IsRecall ? commit.Writes : [],
        };
    }

    public static StepAnswer Publish(Draft draft, StepPublish publish)
    {
        if (Gate(draft, publish.Run, publish.Epoch, publish.Step, publish.Attempt, out var record, out var step) is { } refused) return refused;
        var log = draft.State.Log;
        if (Published(log, step, publish) is { } repeated) return new StepAnswer.Done(repeated, []);
        if (publish.Writes.FirstOrDefault(write => draft.State.Policies.For(write.Key).Resolution == ConflictResolution.Merge) is { } merged)
        {
            return new StepAnswer.Refused(Problem.Invalid($"/writes/{merged.Key}", "A key that is merged is written when its step completes, not early."));
        }

        if (EarlyBytes(log, record, publish) > EarlyBytesMax)
        {
            return new StepAnswer.Refused(new(ProblemKind.PayloadTooLarge, "The keys that a run has published early, with the values before them, are too large together: complete the step instead."));
        }

        var origin = new Origin(publish.Agent, publish.Run.Name, publish.Step, publish.Attempt);
        var patch = new ContextPatch { Writes = publish.Writes, BasedOn = publish.BasedOn, Reads = publish.Reads, Origin = origin };
        var flagStale = record.Accepted.OnStaleContext == OnStaleContext.Flag;
        if (Judge(draft, patch, record, flagStale, provisional: true, out var made, out var lost) is { } judged) return judged;
        var version = made.Length > 0 ? made[^1].Version : log.Head;
        var early = step.Early.Where(key => !made.Any(change => change.Writes.Any(write => write.Key == key.Key))).ToImmutableArray();   // What made no change is as it was.
        foreach (var write in made.SelectMany(change => change.Writes))
        {
            var entry = log.Find(write.Key);
            var known = step.Early.FirstOrDefault(key => key.Key == write.Key);
            var before = known is not null && IsAsPublished(entry, known) ? known.Before : entry?.Value;
            early = early.Add(new(write.Key, publish.Attempt, version, before, write.Value is null));
        }

        draft.Put(record with { Steps = record.Steps.SetItem(publish.Step, step with { Early = early }) });
        return new StepAnswer.Done(version, made) { Dropped = lost.Dropped };
    }

    public static StepAnswer Begin(Draft draft, BeginAttempt begin, Func<DateTimeOffset, bool> trySpend)
    {
        if (Gate(draft, begin.Run, begin.Epoch, begin.Step, int.MaxValue, out var record, out var step) is { } refused) return refused;
        if (step.Fence >= begin.Attempt) return new StepAnswer.Done(draft.State.Log.Head, []) { Question = step.Questions.LastOrDefault(question => question.Id == begin.Asked?.Id) };
        if (begin.Charged && record.Retries >= record.Accepted.RetryBudget) return new StepAnswer.BudgetSpent();
        if (begin.Charged && begin.Cause != RetryCause.Stale && !trySpend(draft.Now)) return new StepAnswer.BudgetSpent();
        if (QuestionRules.Pin(draft, record, step, begin, out var question) is { } unasked) return unasked;
        draft.Handed(record.Accepted, begin.Last, []);
        var withdrawn = Withdraw(draft, record, [begin.Step]);
        record = record with
        {
            Retries = record.Retries + (begin.Charged ? 1 : 0),
            Steps = record.Steps.SetItem(begin.Step, step with
            {
                Retries = step.Retries + 1,
                Fence = begin.Attempt,
                Ended = step.Ended.Any(ended => ended.Attempt == begin.Last.Attempt && ended.Agent == begin.Last.Agent) ? step.Ended : step.Ended.Add(begin.Last with { Handed = [] }),
                Early = [],
                Questions = question is null ? step.Questions : step.Questions.Add(question),
                Pending = begin.Asked?.Pending,
                FellBack = step.FellBack || begin.FallsBack,
                Unsaid = new(step.Unsaid.Tokens + begin.Unsaid.Tokens, step.Unsaid.CostUsd + begin.Unsaid.CostUsd),
            }),
        };
        record = VerifierRules.Note(record, begin.Verified);
        draft.Put(record);
        if (question is not null) QuestionRules.Tell(draft, begin.Run, question);
        draft.Notify(begin.Cause == RetryCause.Stale ? "stale" : "assignment", new
        {
            run = begin.Run.Name,
            step = begin.Step,
            agent = begin.Last.Agent,
            attempt = begin.Last.Attempt,
            outcome = SnakeCase.Of(begin.Last.Outcome),
            next_attempt = begin.Attempt,
            reason = begin.Last.Reason,
        });
        return new StepAnswer.Done(draft.State.Log.Head, withdrawn) { Question = question };
    }

    public static StepAnswer End(Draft draft, EndRun end)
    {
        if (Open(draft, end.Run, end.Epoch, out var record) is { } refused) return refused;
        var before = draft.Commits.Count;
        record = EndNow(draft, record, end.Status, end.Detail, end.Unfinished);
        return new StepAnswer.Done(draft.State.Log.Head, [.. draft.Commits.Skip(before)]) { End = record.End };
    }

    /// <summary>Ends an open run and takes back what its unfinished steps published.</summary>
    public static RunRecord EndNow(Draft draft, RunRecord record, RunStatus status, string? detail, ImmutableArray<AttemptView> unfinished)
    {
        var open = record.Steps.Where(step => step.Value.Done is null).Select(step => step.Key).ToList();
        Withdraw(draft, record, open);
        var steps = record.Steps;
        foreach (var step in open) steps = steps.SetItem(step, QuestionRules.Ended(steps[step]) with { Early = [] });
        foreach (var attempt in unfinished)
        {
            draft.Handed(record.Accepted, attempt, []);
            var step = steps.GetValueOrDefault(attempt.Step) ?? new StepRecord();
            steps = steps.SetItem(attempt.Step, step with { Ended = step.Ended.Add(attempt with { Handed = [] }) });
        }

        var ended = record with { Steps = steps, End = new(status, draft.Now, draft.State.Log.Head, detail) };
        draft.Put(ended);
        draft.Notify("run", new { run = record.Accepted.Run.Name, status = SnakeCase.Of(status), detail });
        return ended;
    }

    /// <summary>What a run reads, as it is now; what has run out by <paramref name="now"/> is marked (SEMANTICS C11).</summary>
    public static ContextView Interest(ChannelState state, RunRecord record, DateTimeOffset now) => ViewOf(state, [.. record.Accepted.Interest.Distinct()], now);

    /// <summary>A view of some keys; none for no keys.</summary>
    public static ContextView ViewOf(ChannelState state, ImmutableArray<KeyPattern> keys, DateTimeOffset now) =>
        keys.IsEmpty ? new(state.Log.Head, []) : state.Log.View(keys, state.Policies, now);

    // The first three checks, the same for all: driver, end and deadline.
    internal static StepAnswer? Open(Draft draft, RunId run, int epoch, out RunRecord record)
    {
        if (!draft.State.Runs.Live.TryGetValue(run.Name, out record!))
        {
            var end = draft.State.Runs.Stubs.GetValueOrDefault(run.Name)?.End;
            return new StepAnswer.Ended(end ?? new(RunStatus.Canceled, draft.Now, draft.State.Log.Head, "The channel does not know the run."));
        }

        if (epoch != 0 && epoch < record.Epoch) return new StepAnswer.EpochLost();
        if (record.End is null && draft.Now > record.Accepted.Deadline) record = EndNow(draft, record, RunStatus.DeadlineExceeded, "The deadline passed.", []);
        return record.End is null ? null : new StepAnswer.Ended(record.End);
    }

    internal static StepAnswer? Gate(Draft draft, RunId run, int epoch, string name, int attempt, out RunRecord record, out StepRecord step)
    {
        step = new();
        if (draft.State.Runs.Live.TryGetValue(run.Name, out record!) && record.Steps.TryGetValue(name, out var known)) step = known;
        // A repeat of what is done gets its first answer, also after the run ended.
        if (record is not null && epoch >= record.Epoch && step.Done is { } done) return new StepAnswer.Already(done) { Wrote = step.Wrote };
        if (Open(draft, run, epoch, out record) is { } refused) return refused;
        return attempt < step.Fence ? new StepAnswer.Fenced() : null;
    }

    internal static StepAnswer? Judge(
        Draft draft, ContextPatch patch, RunRecord record, bool flagStale, bool provisional, out ImmutableArray<Change> made, out (ImmutableArray<ContextKey> Dropped, ImmutableArray<ContextKey> Parked, ImmutableArray<StaleKey> Flagged) lost)
    {
        made = [];
        lost = ([], [], []);
        if (patch.Writes.IsEmpty && patch.Reads.IsEmpty) return null;
        draft.Cause = CauseOf(record, record.Accepted.Steps.FirstOrDefault(step => step.Id == patch.Origin.Step)?.Goal);
        switch (draft.State.Log.Judge(patch, draft.State.Policies, draft.Now, flagStale))
        {
            case PatchVerdict.Apply { Parked: [var parked, ..] } when provisional:
                return NotEarly(parked);
            case PatchVerdict.Nothing { Parked: [var parked, ..] } when provisional:
                return NotEarly(parked);
            case PatchVerdict.Apply apply:
                made = [draft.Commit(apply.Writes, patch.Origin, provisional, !apply.Flagged.IsEmpty, basis: new(patch.BasedOn, patch.Reads))];
                lost = (apply.Dropped, apply.Parked, apply.Flagged);
                return null;
            case PatchVerdict.Nothing nothing:
                lost = (nothing.Dropped, nothing.Parked, []);
                return null;
            case PatchVerdict.Stale behind:
                return new StepAnswer.Stale(behind.Keys, Interest(draft.State, record, draft.Now));
            case PatchVerdict.Conflict conflict:
                return new StepAnswer.Stale(conflict.Keys, Interest(draft.State, record, draft.Now));
            case PatchVerdict.Refused refused:
                return new StepAnswer.Refused(refused.Problem);
            default:
                throw new InvalidOperationException("The context log gave a verdict that is not known here.");
        }
    }

    // The attempt may still fail, and what it wrote must then be taken back: somebody could have chosen it by then.
    private static StepAnswer.Refused NotEarly(ContextKey parked) =>
        new(Problem.Invalid($"/writes/{parked}", "This key has changed and its conflicts are resolved by hand: write it when the step completes, not early."));

    private static bool IsWanted(RunRecord record, ContextKey key) => record.Accepted.Outputs.Any(output => output.Matches(key));

    // Keys with a value: what was deleted is nothing that a run could hand out.
    private static ImmutableArray<ContextKey> WroteOf(ImmutableArray<ContextWrite> kept, ImmutableArray<EarlyKey> early) =>
    [
        .. kept.Where(write => write.Value is not null).Select(write => write.Key),
        .. early.Where(left => !left.IsDeletion && kept.All(write => write.Key != left.Key)).Select(left => left.Key),
    ];

    private static AuditCause CauseOf(RunRecord record, string? why) => new(why, null, record.Accepted.Caller, record.Accepted.TraceId);

    private static bool ReadsProvisional(ChannelState state, ImmutableArray<KeyPattern> reads, Origin reader) =>
        !reads.IsEmpty && state.Log.Read(reads).Any(entry => entry.Provisional && !entry.Origin.IsSameStep(reader));

    private static ContextVersion? Published(ContextLog log, StepRecord step, StepPublish publish)
    {
        var versions = new List<ContextVersion>();
        foreach (var write in publish.Writes)
        {
            var early = step.Early.FirstOrDefault(key => key.Key == write.Key && key.Attempt == publish.Attempt);
            if (early is null || !IsAsPublished(log.Find(write.Key), early) || !Equals(log.Find(write.Key)?.Value, write.Value)) return null;
            versions.Add(early.Version);
        }

        return versions.Count > 0 ? versions.Max() : null;
    }

    // What ending the run would have to write: each early key's value, the value that comes back, and that value once more in the step's record.
    private static long EarlyBytes(ContextLog log, RunRecord record, StepPublish publish) =>
        record.Steps.Values.Where(step => step.Done is null).SelectMany(step => step.Early)
            .Sum(early => (long)(log.Find(early.Key)?.Value.Length ?? 0) + (2 * (early.Before?.Length ?? 0)))
        + publish.Writes.Sum(write => (long)(write.Value?.Length ?? 0) + (2 * (log.Find(write.Key)?.Value.Length ?? 0)));

    private static bool IsAsPublished(ContextEntry? entry, EarlyKey early) => entry is null ? early.IsDeletion : entry.Version == early.Version;

    private static ImmutableArray<Change> Withdraw(Draft draft, RunRecord record, IEnumerable<string> steps)
    {
        var writes = ImmutableArray.CreateBuilder<ContextWrite>();
        foreach (var early in steps.SelectMany(step => record.Steps.TryGetValue(step, out var known) ? known.Early : []))
        {
            var entry = draft.State.Log.Find(early.Key);
            // Somebody else's later write or deletion stays.
            if (IsAsPublished(entry, early) && (entry is not null || early.Before is not null)) writes.Add(new(early.Key, early.Before));
        }

        draft.Cause = CauseOf(record, "Keys that were published early are taken back.");
        return writes.Count == 0 ? [] : [draft.Commit(writes.ToImmutable(), new(Origin.Platform, record.Accepted.Run.Name))];
    }
}
