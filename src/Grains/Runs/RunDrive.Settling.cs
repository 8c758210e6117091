using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Runs;

// How attempts end. PROTOCOL-runs §3: Settle, Commit, Publish.
internal sealed partial class RunDrive
{
    private const int HandedMax = 1_000;
    private readonly List<AttemptView> _late = [];

    /// <summary>Answers that came too late to count.</summary>
    public IReadOnlyList<AttemptView> Late => _late;

    /// <summary>A supervisor says how an attempt went. The answer may come at once, after a commit, or never when the run stops here.</summary>
    public void Settle(Settlement settlement, DateTimeOffset now)
    {
        if (IsStopped) return;
        var assignment = settlement.Assignment;
        if (Ended is null && _queries.TryGetValue(assignment.Agent.Name, out var query))
        {
            query.Held.RemoveAll(other => other.Assignment == assignment);
            query.Held.Add(settlement);
            HeardOf(assignment.Agent.Name);
            return;
        }

        if (!_byId.TryGetValue(assignment.Step, out var step) || Ended is not null)
        {
            Refuse(settlement, now);
        }
        else if (step.Phase == StepPhase.Done && step.Done!.Attempt == assignment.Attempt)
        {
            Answer(step, assignment.Attempt, new SettleOutcome.Settled(SettleKind.Accepted, step.Done.WroteVersion));
        }
        else if (step.Attempt != assignment.Attempt || step.Agent != assignment.Agent.Name || step.Phase != StepPhase.Requested)
        {
            AnswerAgain(step, settlement, now);
        }
        else
        {
            Judge(step, settlement, now);
        }

        Advance(now);
    }

    /// <summary>A running attempt publishes early keys; <paramref name="ticket"/> names who waits for the answer.</summary>
    public void Publish(long ticket, AssignmentId assignment, ImmutableArray<ContextWrite> writes, DateTimeOffset now)
    {
        if (Ended is null && _queries.ContainsKey(assignment.Agent.Name))
        {
            _heldCalls.Add((ticket, assignment, at => Publish(ticket, assignment, writes, at)));
            HeardOf(assignment.Agent.Name);
            return;
        }

        var refusal = Current(assignment) is not { Phase: StepPhase.Requested } step ? Fenced
            : !step.Judges.IsEmpty ? new(ProblemKind.Unverified, "The step has a verifier: its keys show when it was judged. Complete the step instead.")
            : Undeclared(step, writes) is { } undeclared ? ContractBreach.Undeclared(step.Plan, writes, undeclared)
            : _acceptance(step.Plan, writes) is { } fault ? ContractBreach.Unacceptable(fault)
            : (Problem?)null;
        if (refusal is not null) Act(new DriveAction.AnswerPublish(ticket, new SettleOutcome.Refused(refusal)));
        else Act(new DriveAction.Publish(ticket, PublishBody(_byId[assignment.Step], writes)));
    }

    /// <summary>The log answered a publish; null when nothing came back in time.</summary>
    public void Published(DriveAction.Publish sent, StepAnswer? answer, DateTimeOffset now)
    {
        if (IsStopped) return;
        _recordsOut--;
        var step = _byId[sent.Body.Step];
        var isCurrent = Ended is null && step.Attempt == sent.Body.Attempt && step.IsAtWork;
        if (answer is null && isCurrent)
        {
            Act(sent);
            return;
        }

        if (answer is StepAnswer.Done done)
        {
            Learn(done);
            if (isCurrent)
            {
                foreach (var write in sent.Body.Writes)
                {
                    if (done.Dropped.Contains(write.Key)) continue;
                    step.Early[write.Key] = new(step.Early.TryGetValue(write.Key, out var before) ? before.At : now, write.Value, write.Value is null);
                }

                _timeline.Add(now, "published", step, done.Version, string.Join(' ', sent.Body.Writes.Select(write => write.Key.Value)));
            }
        }

        if (answer is StepAnswer.Stale stale) _replica.Load(stale.Context);
        Act(new DriveAction.AnswerPublish(sent.Ticket, answer switch
        {
            StepAnswer.Done published when isCurrent => new SettleOutcome.Published(published.Version),
            StepAnswer.Stale changed => new SettleOutcome.Refused(new(ProblemKind.StaleContext, "What the attempt read has changed.") { Version = changed.Context.Version.Number }) { Stale = changed.Keys },
            StepAnswer.Refused refused => new SettleOutcome.Refused(refused.Problem),
            _ => new SettleOutcome.Refused(Fenced),
        }));
        Follow(answer, now);
        Advance(now);
    }

    private static Problem Fenced { get; } = new(ProblemKind.Fenced, "The attempt is no longer the step's current one: stop.");

    private StepPublish PublishBody(StepState step, ImmutableArray<ContextWrite> writes) =>
        new(_accepted.Run, _epoch, step.Plan.Id, step.Attempt, step.Agent, writes, step.ReadVersion, [.. step.Plan.Reads.Select(read => read.Key)]);

    // A repeat gets its first answer; what is fenced or comes after the end is kept as late.
    private void AnswerAgain(StepState step, Settlement settlement, DateTimeOffset now)
    {
        var attempt = settlement.Assignment.Attempt;
        if (step.Answered is { } answered && answered.Attempt == attempt) Act(new DriveAction.AnswerSettle(step.Plan.Id, attempt, answered.Outcome));
        else if (step.Phase is StepPhase.Committing or StepPhase.Verifying && step.Attempt == attempt) return;   // Answered when the log or the verifier answers.
        else if (step.Phase == StepPhase.Retrying && step.Begin is { Asked.Kind: QuestionKind.Agent } begin && begin.Last.Attempt == attempt) return;
        else if (step.Questions.FirstOrDefault(known => known.Kind == QuestionKind.Agent && known.Attempt == attempt) is { } question) Answer(step, attempt, new SettleOutcome.Asked(question.Id));
        else Refuse(settlement, now);
    }

    private void Refuse(Settlement settlement, DateTimeOffset now)
    {
        Act(new DriveAction.AnswerSettle(settlement.Assignment.Step, settlement.Assignment.Attempt, new SettleOutcome.Refused(Fenced)));
        if (settlement is { Kind: SettlementKind.Completed, Completion: { } completion }) KeepLate(settlement.Assignment, completion, now);
    }

    /// <summary>An attempt that no longer counts was answered: true when that is news. What it used counts.</summary>
    public bool KeepLate(AssignmentId assignment, Completion completion, DateTimeOffset now)
    {
        var isKnown = _byId.TryGetValue(assignment.Step, out var step) && MayCall(step, assignment.Agent.Name)
            && assignment.Attempt >= 1 && assignment.Attempt <= UpTo(step) && step.Done?.Attempt != assignment.Attempt;
        if (!isKnown || LateResults.With(_late, assignment, completion, now) is not { } late) return false;
        _late.Add(late);
        _budget.Settle(assignment.Agent.Name, assignment.Step, assignment.Attempt, completion.Usage);
        return true;
    }

    /// <summary>The highest number that an attempt of the run can have had, also one that a driver before this had handed out and no record names.</summary>
    public int AttemptsUpTo => Everyone.Max(UpTo);

    private int UpTo(StepState step) => Math.Max(step.Attempt, _epoch + step.Retries);

    private void Answer(StepState step, int attempt, SettleOutcome outcome)
    {
        step.Answered = (attempt, outcome);
        Act(new DriveAction.AnswerSettle(step.Plan.Id, attempt, outcome));
    }

    private void Judge(StepState step, Settlement settlement, DateTimeOffset now)
    {
        if (step.View is null) step.ReadVersion = settlement.ReadVersion;
        step.AdmittedAt = settlement.AdmittedAt ?? step.AdmittedAt;
        step.StartedAt = settlement.StartedAt ?? step.StartedAt;
        // Of what nobody can speak for, the reservation stays used.
        var said = settlement.Completion?.Usage ?? settlement.Asked?.Usage;
        if (settlement.Kind is SettlementKind.Overloaded or SettlementKind.CircuitOpen) _budget.Release(step.Plan.Id, step.Attempt);   // It waited in the queue and was never handed out.
        else if (settlement.Kind is not (SettlementKind.Lost or SettlementKind.LeaseLost or SettlementKind.TimedOut)) _budget.Settle(step.Agent, step.Plan.Id, step.Attempt, said ?? new(), isAnswer: said is not null);
        MarkAttempt(step, settlement.EndedAt, now);
        if (settlement is { Kind: SettlementKind.Completed, Completion: { } completion })
        {
            if (step.Judged is null) Complete(step, completion, now);
            else Judged(step, settlement, now);
            return;
        }

        if (settlement is { Kind: SettlementKind.Asked, Asked: { } asked } && step.Judged is null)
        {
            AskPerson(step, asked, now);
            return;
        }

        var reason = settlement.Reason ?? "No reason was given.";
        Answer(step, step.Attempt, new SettleOutcome.Noted());
        switch (settlement.Kind)
        {
            case SettlementKind.Deferred:
                Defer(step, settlement, reason, now);
                break;
            case SettlementKind.Overloaded or SettlementKind.CircuitOpen:
                LeftQueue(step, settlement, reason, now);
                break;
            case SettlementKind.Lost:
                Retry(step, RetryCause.Lost, charged: false, Ending(step, AttemptOutcome.Lost, reason, now), now);
                break;
            default:
                var outcome = settlement.Kind == SettlementKind.TimedOut ? AttemptOutcome.Timeout : settlement.Kind == SettlementKind.LeaseLost ? AttemptOutcome.Lost : AttemptOutcome.Failure;
                Fail(step, RetryCause.Failure, outcome, reason, settlement.Retryable, now);
                break;
        }
    }

    // R12: a throttled agent spends the deadline, not retries; the agent has seen the attempt, so another one follows.
    private void Defer(StepState step, Settlement settlement, string reason, DateTimeOffset now)
    {
        var wait = Sensible(settlement.RetryAfter);
        var last = Ending(step, AttemptOutcome.Deferred, reason, now);
        if (++step.Deferrals > DeferralsMax || !Leaves(wait, now)) GiveUp(step, RetryCause.Failure, RunStatus.Overloaded, last, now);
        else Again(step, RetryCause.Failure, charged: false, last, AfterBegin.Again, now + wait);
    }

    private void LeftQueue(StepState step, Settlement settlement, string reason, DateTimeOffset now)
    {
        var problem = new Problem(settlement.Kind == SettlementKind.CircuitOpen ? ProblemKind.CircuitOpen : ProblemKind.Overloaded, reason) { RetryAfter = settlement.RetryAfter };
        var (status, wait) = Wait(step, problem);
        var last = Ending(step, AttemptOutcome.Refused, reason, now);
        if (AnotherOfGroup(step, problem, now)) wait = TimeSpan.Zero;
        if (wait is { } delay && Leaves(delay, now)) Again(step, RetryCause.Failure, charged: false, last, AfterBegin.Again, now + delay);
        else GiveUp(step, RetryCause.Failure, status, last, now);
    }

    private void Complete(StepState step, Completion completion, DateTimeOffset now)
    {
        var fault = completion.BasedOn is { } basedOn && !TakesIn(step, basedOn) ? "It names a version of the context that it was not handed." : null;
        fault ??= Undeclared(step, completion.Writes) ?? Widened(step, completion.Reads) ?? _acceptance(step.Plan, completion.Writes) ?? _outputSchemas.Fault(step.Agent, completion.Output);
        if (fault is not null)
        {
            Answer(step, step.Attempt, new SettleOutcome.Settled(SettleKind.Rejected, null, fault));
            step.Feedback = fault;
            Fail(step, RetryCause.Acceptance, AttemptOutcome.Rejected, fault, retryable: true, now, completion.Usage);
            return;
        }

        step.Commit = new()
        {
            Run = _accepted.Run,
            Epoch = _epoch,
            Step = step.Plan.Id,
            Attempt = Viewed(step, AttemptOutcome.Accepted, null, now) with { Usage = completion.Usage, Handed = HandedTo(step) },
            Writes = completion.Writes,
            // A person decided on all that the step was handed, so all of it must still be so.
            Reads = step.HasAnswers ? ReadsOf(step) : completion.Reads ?? ReadsOf(step),
            FlagStale = _accepted.OnStaleContext == OnStaleContext.Flag && !step.HasAnswers,
            Work = step.Plan.Memo && !step.FellBack && !step.HasAnswers ? step.Work : null,
        };
        step.Output = completion.Output;
        Verify(step, now);
    }

    // R16.
    private static string? Undeclared(StepState step, ImmutableArray<ContextWrite> writes) =>
        writes.Any(write => !step.Plan.Writes.Any(may => may.Matches(write.Key))) ? "It writes a key that its step did not declare."
        : writes.DistinctBy(write => write.Key).Count() != writes.Length ? "It writes a key twice." : null;

    private static string? Widened(StepState step, ImmutableArray<KeyPattern>? reads) =>
        reads is { } narrowed && narrowed.Any(read => !step.Plan.Reads.Any(may => may.Key.Covers(read))) ? "It relied on a key that it was not handed." : null;

    // What was read early must be accepted first: the log would refuse, so the commit is held here.
    private void TryCommit(StepState step, DateTimeOffset now)
    {
        var commit = step.Commit!;
        if (commit.Writer is null && RestsOnProvisional(step, commit.Reads))
        {
            Hold(step, now);
            return;
        }

        if (step.Phase == StepPhase.Held) _timeline.Mark(step.Index, step.Attempt, "conflict", now);
        step.Phase = StepPhase.Committing;
        step.Commit = commit with { Last = null, LastDetail = null };
        if (!commit.IsRecall && IsLast(step))   // What is remembered is not known here, so neither is how the run would end.
        {
            var (status, detail) = StatusIfDone(step, commit.Writes);
            step.Commit = commit with { Last = status, LastDetail = detail };
        }

        Act(new DriveAction.Commit(step.Commit));
    }

    private void Hold(StepState step, DateTimeOffset now)
    {
        if (step.Phase == StepPhase.Held) return;
        _timeline.Mark(step.Index, step.Attempt, "commit", now);
        _timeline.Add(now, "held", step);
        step.Phase = StepPhase.Held;
        Answer(step, step.Attempt, new SettleOutcome.Settled(SettleKind.Held, null));
    }

    private bool RestsOnProvisional(StepState step, ImmutableArray<KeyPattern> reads)
    {
        for (var i = 0; i < step.Plan.Reads.Length; i++)
        {
            var read = step.Plan.Reads[i].Key;
            if (!reads.Any(relied => relied.Overlaps(read))) continue;
            foreach (var producer in _graph.Producers(step.Index, i))
            {
                if (!_steps[producer].IsOver) return true;
            }
        }

        return false;
    }
}
