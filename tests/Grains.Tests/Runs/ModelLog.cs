using System.Collections.Immutable;
using Rosud.Channels;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>Rules left out on purpose, to see that the simulation notices.</summary>
internal enum Mutant
{
    None,
    NoAttemptFence,
    NoDriverEpoch,
    NoStaleCheck,
    CommitOnProvisional,
    KeepEarlyKeys,
    VolatileRetryCount,
    NoEndRecord,
    NoDeadlineCheck,
    NoIncarnation,
    NoAsk,
    ForgetReceipts,
    AnswerTwice,
    NoPins,

    /// <summary>A recovered driver does not go on with what was unfinished.</summary>
    ForgetUnfinished,

    /// <summary>Supervisors serve old drivers too.</summary>
    NoSupervisorEpoch,

    /// <summary>The supervisor of an agent and the agent are two actors: being admitted and being started are two messages.</summary>
    AgentApart,

    /// <summary>Permits are a number, which a heartbeat after a restart raises again.</summary>
    PermitsCountedTwice,

    /// <summary>Who asks for an attempt before it has heard of its supervisor is told that it is lost.</summary>
    AskBeforeContactIsLost,

    /// <summary>The answer to a claim comes before its record is written, which a crash then takes with it.</summary>
    ClaimNotDurable,

    /// <summary>Writers from outside do not wait for what a last try reads.</summary>
    NoWriteIntents,

    /// <summary>What an attempt was offered to take in counts as taken in, whatever its completion says.</summary>
    OfferedIsTakenIn,

    /// <summary>What an attempt was handed is known to its supervisor only, and lost with it.</summary>
    HandedForgotten,

    /// <summary>The channel of a child does not remember the task that it stands for.</summary>
    ChildTwice,

    /// <summary>Asking again for a child puts another run in the place of the one that stands for it.</summary>
    LaterChildReplaces,

    /// <summary>What a run has started is known to its driver only.</summary>
    ForgetChildren,

    /// <summary>What is sent again goes to the newest supervisor that is known, not to the one that had it.</summary>
    NewestIncarnation,
}

internal sealed class BrokenInvariantException(string message) : Exception(message);

/// <summary>The channel's log as PROTOCOL-runs §4 has it, for one run and without storage; it judges every acceptance itself.</summary>
internal sealed partial class ModelLog(AcceptedRun accepted, Mutant mutant)
{
    private sealed record Written(long Version, ContextKey Key, JsonValue? Value, Origin Origin, bool Provisional);

    private readonly List<Written> _history = [];
    private readonly Dictionary<string, StepRecord> _steps = accepted.Steps.SelectMany(step => step.Verifiers.Select(verifier => verifier.Id).Append(step.Id)).ToDictionary(step => step, _ => new StepRecord());
    private readonly Dictionary<string, int> _trueFence = [];
    private int _ownTail;
    private int _retries;
    private int _trueRetries;

    public int Epoch { get; private set; } = 1;

    public RunEnd? End { get; private set; }

    public long Version { get; private set; }

    public IReadOnlyDictionary<string, StepRecord> Steps => _steps;

    public Action<ContextVersion, ContextVersion, ImmutableArray<Change>> Notice { get; set; } = (_, _, _) => { };

    /// <summary>How many of the run's own changes just before a notice are in the same batch, and so between its two versions.</summary>
    public Func<int, int> BatchedBefore { get; set; } = _ => 0;

    /// <summary>What is remembered of work, of this run and of those before it.</summary>
    public Dictionary<ContentHash, ImmutableArray<ContextWrite>> Memos { get; init; } = [];

    /// <summary>Keys of which the channel's conflict rules drop every step's write.</summary>
    public HashSet<ContextKey> Dropped { get; } = [];

    public Func<DateTimeOffset> Now { get; set; } = () => accepted.AcceptedAt;

    public bool IsDone(string step) => _steps[step].Done is not null;

    public int TrueRetries => _trueRetries;

    public void Write(string key, JsonValue? value) => Append(new("caller"), [new(new(key), value)], provisional: false);

    public ContextView View(IEnumerable<KeyPattern> keys)
    {
        var patterns = keys.ToArray();
        return new(new(Version), [.. Keys().Where(key => patterns.Any(pattern => pattern.Matches(key))).Select(Entry).OfType<ContextEntry>()]);
    }

    public DriverAnswer TakeDriver()
    {
        if (End is null && mutant != Mutant.NoDriverEpoch) Epoch++;
        if (mutant == Mutant.VolatileRetryCount) _retries = 0;
        var epoch = mutant == Mutant.NoDriverEpoch ? Epoch + 1 : Epoch;
        var record = new RunRecord(accepted, epoch, _steps.ToImmutableSortedDictionary()) { Retries = _retries, End = End, Children = _children };
        return new DriverAnswer.Taken(record, View(accepted.Interest), accepted.Deadline - Now());
    }

    public StepAnswer CommitStep(StepCommit commit)
    {
        if (commit.Epoch < Epoch && mutant != Mutant.NoDriverEpoch) return new StepAnswer.EpochLost();
        var step = _steps[commit.Step];
        if (step.Done is { } done && mutant != Mutant.NoEndRecord) return new StepAnswer.Already(done) { Wrote = step.Wrote };   // Repeats too, also after the end.
        if (Over() is { } over) return over;
        if (step.Done is { } before) return new StepAnswer.Already(before) { Wrote = step.Wrote };
        if (commit.Attempt.Attempt < step.Fence && mutant != Mutant.NoAttemptFence) return new StepAnswer.Fenced();
        if (commit is { IsRecall: true, Work: var work })
        {
            if (work is null || !Memos.TryGetValue(work.Value, out var known)) return new StepAnswer.Forgotten();
            commit = commit with { Writes = known };
        }

        if (IsProvisional(commit.Reads) && mutant != Mutant.CommitOnProvisional) return new StepAnswer.Provisional();
        var stale = StaleKeys(commit.Reads, commit.Attempt.ReadVersion ?? default, commit.Step);
        if (stale.Length > 0 && !commit.FlagStale && mutant != Mutant.NoStaleCheck)
        {
            CheckStale(commit);
            return new StepAnswer.Stale(stale, View(accepted.Interest));
        }

        EndIntent(commit.Step);
        Check(step.Done is null, "(a) two accepted results of one step");
        Check(commit.Attempt.Attempt >= _trueFence.GetValueOrDefault(commit.Step), "(a) a fenced attempt was accepted");
        Check(stale.Length == 0 || commit.FlagStale, "(a) a stale attempt was accepted");
        Check(Now() <= accepted.Deadline, "(a) a commit after the deadline");
        Check(!IsProvisional(commit.Reads), "(a) a commit on a provisional key");
        Check(End is null, "(g) a commit after the end");
        CheckPeople(commit);
        CheckSeen(commit);
        return Accept(commit, step);
    }

    public StepAnswer PublishStep(StepPublish publish)
    {
        if (publish.Epoch < Epoch && mutant != Mutant.NoDriverEpoch) return new StepAnswer.EpochLost();
        if (Over() is { } over) return over;
        var step = _steps[publish.Step];
        if (step.Done is not null || (publish.Attempt < step.Fence && mutant != Mutant.NoAttemptFence)) return new StepAnswer.Fenced();
        var stale = StaleKeys(publish.Reads, publish.BasedOn, publish.Step);
        if (stale.Length > 0 && mutant != Mutant.NoStaleCheck) return new StepAnswer.Stale(stale, View(accepted.Interest));
        Check(publish.Attempt >= _trueFence.GetValueOrDefault(publish.Step), "(a) a fenced attempt published");
        // What comes back is the last that the step itself did not publish.
        var early = publish.Writes.Select(write => new EarlyKey(write.Key, publish.Attempt, new(Version + 1), _history.LastOrDefault(written => written.Key == write.Key && !(written.Provisional && written.Origin.Step == publish.Step))?.Value, write.Value is null));
        _steps[publish.Step] = step with { Early = [.. step.Early.Where(known => publish.Writes.All(write => write.Key != known.Key)), .. early] };
        var change = Append(new(publish.Agent, accepted.Run.Name, publish.Step, publish.Attempt), publish.Writes, provisional: true);
        return new StepAnswer.Done(change.Version, [change]);
    }

    public StepAnswer Begin(BeginAttempt begin)
    {
        if (begin.Epoch < Epoch && mutant != Mutant.NoDriverEpoch) return new StepAnswer.EpochLost();
        var step = _steps[begin.Step];
        if (step.Done is { } done) return new StepAnswer.Already(done) { Wrote = step.Wrote };
        if (Over() is { } over) return over;
        if (step.Fence >= begin.Attempt) return new StepAnswer.Done(new(Version), []) { Question = step.Questions.LastOrDefault(known => known.Id == begin.Asked?.Id) };
        if (begin.Charged && _retries >= accepted.RetryBudget) return new StepAnswer.BudgetSpent();
        if (Unasked(begin) is { } unasked) return unasked;
        EndIntent(begin.Step);
        _retries += begin.Charged ? 1 : 0;
        _trueRetries += begin.Charged ? 1 : 0;
        Check(_trueRetries <= accepted.RetryBudget, "(e) more retries than the budget");
        _trueFence[begin.Step] = begin.Attempt;
        _steps[begin.Step] = step with { Retries = step.Retries + 1, Fence = begin.Attempt, Ended = step.Ended.Add(begin.Last), Pending = begin.Asked?.Pending, FellBack = step.FellBack || begin.FallsBack };
        var question = Ask(begin);
        Note(begin.Verified);
        var changes = Withdraw(begin.Step);
        return new StepAnswer.Done(new(Version), changes) { Question = question };
    }

    public StepAnswer EndRun(EndRun end)
    {
        if (end.Epoch != 0 && end.Epoch < Epoch) return new StepAnswer.EpochLost();
        if (Over() is { } over) return over;
        Finish(end.Status, end.Detail);
        return new StepAnswer.Done(new(Version), []) { End = End };
    }

    /// <summary>The channel's own timer.</summary>
    public bool EndAtDeadline() => End is null && Now() > accepted.Deadline && mutant != Mutant.NoDeadlineCheck && Finish(RunStatus.DeadlineExceeded, null);

    public JsonValue? ValueAt(ContextKey key, long version) => _history.LastOrDefault(written => written.Key == key && written.Version <= version)?.Value;

    public void CheckEnd()
    {
        Check(_steps.Values.All(step => step.Early.IsEmpty || step.Done is not null), "(a) an early key of an ended attempt stays");
        var unexcused = accepted.Steps.Where(plan => !IsDone(plan.Id) && plan.Writes.Any(write => accepted.Outputs.Any(output => output.Overlaps(write))) && !IsExcused(plan));
        Check(End!.Status != RunStatus.Partial || !unexcused.Any(), $"(b) it ended by itself without {string.Join(", ", unexcused.Select(plan => plan.Id))}");
        foreach (var plan in accepted.Steps.Where(plan => IsDone(plan.Id)))
        {
            var record = _steps[plan.Id];
            foreach (var read in record.Read.Where(read => read.IsExact))
            {
                var producers = accepted.Steps.Where(other => other.Id != plan.Id && IsDone(other.Id) && other.Writes.Contains(read)).ToArray();
                if (producers.Length == 0 || record.Done!.Agent == Origin.Platform) continue;
                var handed = ValueAt(new(read.Value), record.Done.ReadVersion!.Value.Number);
                Check(producers.Any(producer => Equals(handed, ValueAt(new(read.Value), _steps[producer.Id].Done!.WroteVersion!.Value.Number))), $"(a) a dependent kept a value that its producer did not commit: {plan.Id} read {read}");
            }
        }
    }

    // A wanted step may be missing when a guard stood before it, when it may be skipped, or when it or what it waits for was tried and failed.
    private bool IsExcused(PlannedStep plan) => plan.When is not null || plan.OnFailure.Kind == OnFailureKind.Skip || !_steps[plan.Id].Ended.IsEmpty
        || accepted.Steps.Any(other => other.Id != plan.Id && !IsDone(other.Id)
            && (plan.After.Contains(other.Id) || other.Writes.Any(write => plan.Reads.Any(read => read.Key.Overlaps(write)))) && IsExcused(other));

    private StepAnswer.Ended? Over()
    {
        if (End is not null && mutant != Mutant.NoEndRecord) return new StepAnswer.Ended(End);
        return EndAtDeadline() ? new StepAnswer.Ended(End!) : null;
    }

    private bool Finish(RunStatus status, string? detail)
    {
        if (mutant != Mutant.KeepEarlyKeys)
        {
            foreach (var step in accepted.Steps.Where(step => !IsDone(step.Id))) Withdraw(step.Id);
        }

        End ??= new(status, Now(), new(Version), detail);
        return true;
    }

    private StepAnswer.Done Accept(StepCommit commit, StepRecord step)
    {
        var changes = new List<Change>();
        var origin = new Origin(commit.Writer ?? commit.Attempt.Agent, accepted.Run.Name, commit.Step, commit.Attempt.Attempt);
        var changing = commit.IsRecall || commit.IsCopy ? [.. commit.Writes.Where(write => !Equals(Current(write.Key)?.Value, write.Value))] : commit.Writes;
        var dropped = commit.Writes.Select(write => write.Key).Where(Dropped.Contains).ToImmutableArray();
        changing = changing.RemoveAll(write => dropped.Contains(write.Key));
        if (!changing.IsEmpty) changes.Add(Append(origin, changing, provisional: false));
        if (commit is { IsRecall: false, Work: { } made, Writer: null }) Memos[made] = [.. commit.Writes, .. step.Early.Where(early => commit.Writes.All(write => write.Key != early.Key)).Select(early => new ContextWrite(early.Key, Current(early.Key)?.Value))];
        var kept = step.Early.Where(early => early.Attempt == commit.Attempt.Attempt || commit.Writes.Any(write => write.Key == early.Key)).Select(early => early.Key).ToHashSet();
        _steps[commit.Step] = step with
        {
            Done = commit.Attempt with { WroteVersion = new(Version) },
            Wrote = [.. commit.Writes.Where(write => write.Value is not null && !Dropped.Contains(write.Key)).Select(write => write.Key).Union(kept.Where(key => Current(key)?.Value is not null))],
            Read = commit.Reads,
            Early = [.. step.Early.Where(early => !kept.Contains(early.Key))],
        };
        Note(commit.Verified);
        changes.AddRange(Withdraw(commit.Step));
        var isEnd = commit.Last is not null && !dropped.Any(key => accepted.Outputs.Any(output => output.Matches(key)));
        if (isEnd) Finish(commit.Last!.Value, commit.LastDetail);
        return new(new(Version), [.. changes]) { End = isEnd ? End : null, Dropped = dropped, Recalled = commit.IsRecall ? commit.Writes : [] };
    }

    private ImmutableArray<Change> Withdraw(string id)
    {
        var step = _steps[id];
        if (mutant == Mutant.KeepEarlyKeys || step.Early.IsEmpty) return [];
        var writes = step.Early.Where(early => Current(early.Key)?.Version == early.Version.Number).Select(early => new ContextWrite(early.Key, early.Before)).ToImmutableArray();
        _steps[id] = step with { Early = [] };
        return writes.IsEmpty ? [] : [Append(new(Origin.Platform, accepted.Run.Name, id), writes, provisional: false)];
    }

    private Change Append(Origin origin, ImmutableArray<ContextWrite> writes, bool provisional)
    {
        Version++;
        foreach (var write in writes) _history.Add(new(Version, write.Key, write.Value, origin, provisional));
        var change = new Change(new(Version), Now(), origin, writes) { Provisional = provisional };
        if (origin.Run is not null)
        {
            _ownTail++;   // A run is not told of its own changes: they come as answers.
            return change;
        }

        Notice(new(Version - 1 - BatchedBefore(_ownTail)), new(Version), [change]);
        _ownTail = 0;
        return change;
    }

    private IEnumerable<ContextKey> Keys() => _history.Select(written => written.Key).Distinct().Order();

    private Written? Current(ContextKey key) => _history.LastOrDefault(written => written.Key == key);

    private ContextEntry? Entry(ContextKey key) => Current(key) is { Value: { } value } written
        ? new() { Key = key, Value = value, Version = new(written.Version), Created = new(written.Version), Origin = written.Origin, CommittedAt = Now(), Provisional = written.Provisional }
        : null;

    private bool IsProvisional(ImmutableArray<KeyPattern> reads) =>
        _steps.Any(step => step.Value.Done is null && step.Value.Early.Any(early => reads.Any(read => read.Matches(early.Key))));

    private ImmutableArray<StaleKey> StaleKeys(ImmutableArray<KeyPattern> reads, ContextVersion basedOn, string step) =>
        [.. Keys().Where(key => reads.Any(read => read.Matches(key)))
            .Where(key => Current(key) is { } current && current.Version > basedOn.Number && current.Origin.Step != step && !Equals(current.Value, ValueAt(key, basedOn.Number)))
            .Select(key => new StaleKey(key, basedOn, new(Current(key)!.Version), TimeSpan.Zero))];

    private static void Check(bool holds, string invariant)
    {
        if (!holds) throw new BrokenInvariantException(invariant);
    }
}
