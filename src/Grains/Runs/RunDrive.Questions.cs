using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Runs;

// Asking people. The attempt that asks ends with its question in one record; the next one starts with the answer. A question rests on what was read,
// and the log alone decides whether an answer counts.
internal sealed partial class RunDrive
{
    private static readonly TimeSpan ExpiryPause = TimeSpan.FromSeconds(1);
    private const int PendingBytesMax = 512 * 1024;
    private static readonly JsonValue Choices = JsonValue.Parse("""{"enum":["continue","retry","abort"]}""");

    /// <summary>What the run has asked people, in the order of its steps.</summary>
    public IEnumerable<Question> Questions => _steps.SelectMany(step => step.Questions).OrderBy(question => question.AskedAt);

    /// <summary>Whether a person is waited for.</summary>
    public bool IsAsking => _steps.Any(step => step.Phase == StepPhase.Asking && step.Questions is [.., { State: QuestionState.Open }]);

    /// <summary>A person answers; <paramref name="ticket"/> names who waits to hear what became of it.</summary>
    public void Answer(long ticket, GivenAnswer answer, DateTimeOffset now)
    {
        if (Questions.FirstOrDefault(known => known.Id == answer.Question) is not { } question)
        {
            Act(new DriveAction.AnswerPerson(ticket, Refused(new(ProblemKind.NotFound, "The run has not asked this."))));
        }
        else if (question.State != QuestionState.Open || Ended is not null)
        {
            Act(new DriveAction.AnswerPerson(ticket, Outcome(question, answer, [])));
        }
        else if (AskRules.Fault(question, answer.Value) is { } fault)
        {
            Act(new DriveAction.AnswerPerson(ticket, Refused(fault)));
        }
        else
        {
            Act(new DriveAction.Reply(ticket, new(_accepted.Run, _epoch, question.Step, ReplyKind.Answer, answer)));
        }
    }

    /// <summary>The log answered what happened to a question; null when nothing came back in time.</summary>
    public void Replied(DriveAction.Reply sent, StepAnswer? answer, DateTimeOffset now)
    {
        if (IsStopped) return;
        if (answer is null && Ended is null)
        {
            Act(sent);
            return;
        }

        var step = _byId[sent.Body.Step];
        if (sent.Ticket == 0)
        {
            step.ReplyInFlight = false;
            step.NotBefore = now + ExpiryPause;   // The log's clock may be behind this one's.
        }

        if (answer is StepAnswer.Asked known)
        {
            Know(step, known.Question);
            if (known.Next is { } next) Know(step, next);
            if (sent.Ticket != 0) Act(new DriveAction.AnswerPerson(sent.Ticket, Outcome(known.Question, sent.Body.Answer, known.StaleKeys)));
        }
        else if (sent.Ticket != 0)
        {
            var problem = answer is StepAnswer.Refused refused ? refused.Problem : new(ProblemKind.Fenced, "The run has ended.");
            Act(new DriveAction.AnswerPerson(sent.Ticket, Refused(problem)));
        }

        Follow(answer, now);
        Advance(now);
    }

    /// <summary>What a question that is over, or was just answered, says to somebody who answers it.</summary>
    public static AnswerOutcome Outcome(Question question, GivenAnswer given, ImmutableArray<StaleKey> stale)
    {
        switch (question.State)
        {
            case QuestionState.Answered when Equals(question.Value, given.Value):
                return new AnswerOutcome.Counted(question);
            case QuestionState.Answered:
                return Refused(new(ProblemKind.AlreadyExists, "The question has another answer already."));
            case QuestionState.Expired:
                return Refused(new(ProblemKind.Fenced, "The time to answer this question is over."));
            case QuestionState.Withdrawn when !question.Changed.IsEmpty:
                var keys = stale.IsEmpty ? [.. question.Changed.Select(key => new StaleKey(key, question.ReadVersion, question.ReadVersion, TimeSpan.Zero))] : stale;
                return new AnswerOutcome.Refused(new(ProblemKind.StaleContext, $"What the question rests on has changed: {string.Join(", ", question.Changed)}. It is asked again: look at the run's questions."), keys);
            default:
                return Refused(new(ProblemKind.Fenced, "The run has ended."));
        }
    }

    private static AnswerOutcome.Refused Refused(Problem problem) => new(problem, []);

    private static void Know(StepState step, Question question)
    {
        if (step.Questions.FirstOrDefault(known => known.Id == question.Id) is not { } known) step.Questions = step.Questions.Add(question);
        else if (known.State == QuestionState.Open) step.Questions = step.Questions.Replace(known, question);
    }

    // The attempt is over; its worker is answered when the question is durable.
    private void AskPerson(StepState step, AskRequest asked, DateTimeOffset now)
    {
        var text = asked.Text.Length > 200 ? asked.Text[..200] : asked.Text;
        var last = Ending(step, AttemptOutcome.Asked, text, now, asked.Usage);
        Ask(step, RetryCause.Asked, last, new($"{step.Plan.Id}.q{step.Attempt}", QuestionKind.Agent, asked.Text, asked.Schema, asked.Expires, step.ReadVersion, ReadsOf(step)));
    }

    // R13: a person decides what becomes of an attempt whose reads have changed. What it wants to commit waits in the log.
    private bool TryEscalate(StepState step, StepCommit sent, StepAnswer.Stale stale, string reason, DateTimeOffset now)
    {
        if (sent.Writes.Sum(write => write.Value?.Length ?? 0) > PendingBytesMax || stale.Keys.Any(key => IsOwn(key.Key, stale.Context))) return false;
        var last = Ending(step, AttemptOutcome.Stale, reason, now, sent.Attempt.Usage);
        Answer(step, step.Attempt, Settled(SettleKind.Held));
        var keys = stale.Keys.Select(key => key.Key).Distinct().Order().ToImmutableArray();
        var text = $"What step {step.Plan.Id} read has changed while it worked: {string.Join(", ", keys)}. Commit its work all the same (continue), do the step again (retry), or give it up (abort)?";
        Ask(step, RetryCause.Stale, last, new($"{step.Plan.Id}.q{step.Attempt}", QuestionKind.Stale, text, Choices, null, step.ReadVersion, ReadsOf(step))
        {
            Changed = keys,
            Pending = sent with { Last = null, LastDetail = null, Attempt = sent.Attempt with { Handed = [] }, Told = [] },
        });
        return true;
    }

    // What this run itself has changed, an early value that came to something else, is no news for a person: the step is done again.
    private bool IsOwn(ContextKey key, ContextView now) => now[key] is { } entry
        ? entry.Origin.Run == _accepted.Run.Name
        : _accepted.Steps.Any(step => step.Writes.Any(write => write.Matches(key)));

    private void Ask(StepState step, RetryCause cause, AttemptView last, AskedQuestion asked)
    {
        Again(step, cause, charged: false, last, AfterBegin.Ask);
        step.Begin = step.Begin! with { Asked = asked };
        _actions[^1] = new DriveAction.Begin(step.Begin);
    }

    private static ImmutableArray<KeyPattern> ReadsOf(StepState step) => [.. step.Plan.Reads.Select(read => read.Key)];

    private void Asked(StepState step, BeginAttempt sent, Question question, DateTimeOffset now)
    {
        Know(step, question);
        step.Phase = StepPhase.Asking;
        step.Pending = sent.Asked!.Pending;
        step.Behind.Clear();
        step.ComparedAt = null;
        _timeline.Mark(step.Index, sent.Last.Attempt, "commit", now);
        _timeline.Add(now, "asked", step, question.ReadVersion, question.Id);
        if (question.Kind == QuestionKind.Agent) Answer(step, sent.Last.Attempt, new SettleOutcome.Asked(question.Id));
    }

    // The question could not be asked: what it rests on had changed already, or there are too many.
    private void NotAsked(StepState step, BeginAttempt sent, StepAnswer? answer, DateTimeOffset now)
    {
        _attempts.Remove(sent.Last);
        step.Unlogged.Remove(sent.Last);
        if (answer is StepAnswer.Stale stale)
        {
            var reason = StaleReason(step, stale, now);
            Answer(step, sent.Last.Attempt, Settled(SettleKind.Stale));
            step.Outdated = step.View;
            if (_accepted.OnStaleContext == OnStaleContext.Reject) GiveUp(step, RetryCause.Stale, RunStatus.Rejected, Ending(step, AttemptOutcome.Stale, reason, now, sent.Last.Usage), now, mayFallBack: false);
            else Fail(step, RetryCause.Stale, AttemptOutcome.Stale, reason, retryable: true, now, sent.Last.Usage);
            return;
        }

        var problem = (answer as StepAnswer.Refused)?.Problem ?? Fenced;
        Answer(step, sent.Last.Attempt, new SettleOutcome.Refused(problem));
        Fail(step, RetryCause.Failure, AttemptOutcome.Failure, problem.Detail, retryable: false, now, sent.Last.Usage);
    }

    // Looks at each question that is waited for: its time, what it rests on, and whether it is over.
    private void WatchQuestions(DateTimeOffset now)
    {
        foreach (var step in _steps)
        {
            if (step.Phase != StepPhase.Asking || step.Questions is not [.., var question] || step.ReplyInFlight) continue;
            if (question.State != QuestionState.Open)
            {
                GoOn(step, question, now);
                continue;
            }

            if (question.ExpiresAt < now && step.NotBefore <= now) Reply(step, question, ReplyKind.Expire);
            else if (TellAt(step, question, now) <= now) Reply(step, question, ReplyKind.Withdraw);
        }
    }

    private void Reply(StepState step, Question question, ReplyKind kind)
    {
        step.ReplyInFlight = true;
        step.Behind.Clear();   // Compared again when there is another version.
        Act(new DriveAction.Reply(0, new(_accepted.Run, _epoch, step.Plan.Id, kind, new(question.Id, JsonValue.Null))));
    }

    private DateTimeOffset? QuestionWakes(StepState step)
    {
        if (step.Phase != StepPhase.Asking || step.ReplyInFlight || step.Questions is not [.., { State: QuestionState.Open } question]) return null;
        var expiry = question.ExpiresAt is { } at ? at + TimeSpan.FromMilliseconds(1) : default(DateTimeOffset?);
        if (expiry < step.NotBefore) expiry = step.NotBefore;
        return !_replica.HasGap && EarliestTold(step) is { } tell && !(expiry < tell) ? tell : expiry;
    }

    // A question that no later record has followed is waited for, or what came of it is not done yet.
    private void RestoreQuestion(StepState step, StepRecord known)
    {
        if (known.Questions is not [.., var question] || known.Fence > question.Fence) return;
        if (question is { Kind: QuestionKind.Agent, State: QuestionState.Answered or QuestionState.Withdrawn }) return;
        step.Phase = StepPhase.Asking;
        step.Demanded = true;
        _timeline.Ready(step.Index, LastNeed(step), question.AskedAt);
    }

    // As attempts at work are told: the first key whose threshold passes.
    private DateTimeOffset? TellAt(StepState step, Question question, DateTimeOffset now)
    {
        if (_replica.HasGap) return null;
        if (step.ComparedAt != _replica.Version)
        {
            step.ComparedAt = _replica.Version;
            var changed = ChangedSince(step, question);
            foreach (var key in step.Behind.Keys.Except(changed).ToList()) step.Behind.Remove(key);
            foreach (var key in changed) step.Behind.TryAdd(key, _replica.Find(key)?.CommittedAt is { } at && at < now ? at : now);
        }

        return EarliestTold(step);
    }

    private ImmutableArray<ContextKey> ChangedSince(StepState step, Question question)
    {
        var mine = new Origin(step.Agent, _accepted.Run.Name, step.Plan.Id);
        var there = _replica.View(step.Plan.Reads, _ => false).Entries.Where(entry => !entry.Origin.IsSameStep(mine)).ToDictionary(entry => entry.Key);
        var changed = new SortedSet<ContextKey>();
        foreach (var seen in question.Reads)
        {
            if (!there.Remove(seen.Key, out var entry) || entry.Value.Hash != seen.Hash) changed.Add(seen.Key);
        }

        changed.UnionWith(there.Keys);
        return [.. changed];
    }

    private ImmutableArray<Question> AnswersFor(StepState step) =>
        [.. step.Questions.Where(question => question is { Kind: QuestionKind.Agent, State: QuestionState.Answered } && ChangedSince(step, question).IsEmpty)];

    private void GoOn(StepState step, Question question, DateTimeOffset now)
    {
        _timeline.Mark(step.Index, question.Attempt, "person", now);
        step.NotBefore = default;
        var last = step.Unlogged.LastOrDefault() ?? new AttemptView { Step = step.Plan.Id, Agent = question.Agent, Attempt = question.Attempt, Outcome = AttemptOutcome.Asked, EndedAt = question.AskedAt };
        switch (question)
        {
            case { State: QuestionState.Expired }:
                _timeline.Add(now, "expired", step, detail: question.Id);
                GiveUp(step, RetryCause.Failure, RunStatus.Failed, last with { Reason = $"Nobody answered question {question.Id} in time." }, now);
                break;
            case { State: QuestionState.Withdrawn, Kind: QuestionKind.Stale }:
                GiveUp(step, RetryCause.Stale, RunStatus.StaleExhausted, last with { Reason = "What it read kept changing while a person was asked." }, now, mayFallBack: false);
                break;
            case { State: QuestionState.Withdrawn }:
                foreach (var key in question.Changed) NoteStale(step, "stale", key);
                _timeline.Add(now, "asked_again", step, detail: $"{question.Id}: {string.Join(' ', question.Changed)}");
                step.Phase = StepPhase.Waiting;
                break;
            case { Kind: QuestionKind.Agent }:
                _timeline.Add(now, "answered", step, detail: question.Id);
                step.Phase = StepPhase.Waiting;
                break;
            default:
                _timeline.Add(now, "answered", step, detail: $"{question.Id}: {question.Value}");
                Decided(step, question, last, now);
                break;
        }
    }

    private void Decided(StepState step, Question question, AttemptView last, DateTimeOffset now)
    {
        if (question.Value!.Equals(JsonValue.From("continue")) && step.Pending is { } pending)
        {
            step.Attempt = Math.Max(_epoch + step.Retries, step.Fence);
            step.Commit = pending with
            {
                Epoch = _epoch,
                Attempt = pending.Attempt with { Attempt = step.Attempt, EndedAt = now, Usage = new(), Reason = "A person let it commit although what it read had changed." },
                FlagStale = true,
            };
            TryCommit(step, now);
        }
        else if (question.Value!.Equals(JsonValue.From("abort")))
        {
            GiveUp(step, RetryCause.Stale, RunStatus.Rejected, last with { Reason = "A person gave it up because what it read had changed." }, now, mayFallBack: false);
        }
        else
        {
            step.Phase = StepPhase.Waiting;
        }
    }
}
