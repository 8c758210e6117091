using System.Collections.Immutable;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>Questions to people in the log: what they rest on, and when an answer counts.</summary>
internal static class QuestionRules
{
    /// <summary>Questions of one step, withdrawn ones included.</summary>
    public const int QuestionsMax = 200;

    /// <summary>Keys that one question may rest on.</summary>
    public const int ReadsMax = 1_000;

    /// <summary>Characters and bytes that all questions of a step may have with their schemas and answers.</summary>
    public const int BytesMax = 512 * 1024;

    /// <summary>Makes the question of a record, pinned to what it rests on. An answer refuses the record; null lets it through.</summary>
    public static StepAnswer? Pin(Draft draft, RunRecord record, StepRecord step, BeginAttempt begin, out Question? question)
    {
        question = null;
        if (begin.Asked is not { } asked) return null;
        if (step.Questions.Length >= QuestionsMax || step.Questions.Sum(SizeOf) + asked.Text.Length + (asked.Schema?.Length ?? 0) > BytesMax)
        {
            return new StepAnswer.Refused(new(ProblemKind.QuotaExceeded, $"A step asks at most {QuestionsMax} times and {BytesMax / 1024} KiB."));
        }

        // A stale attempt's question is about the world as it is now; an agent's is about what it was handed, which must still be so.
        var origin = new Origin(begin.Last.Agent, begin.Run.Name, begin.Step, begin.Last.Attempt);
        var patch = new ContextPatch { Writes = [], BasedOn = asked.ReadVersion, Reads = asked.Reads, Origin = origin };
        if (asked.Kind == QuestionKind.Agent && RunRules.Judge(draft, patch, record, flagStale: false, provisional: false, out _, out _) is { } stale) return stale;
        var reads = Seen(draft, asked.Reads, origin);
        if (reads.Length > ReadsMax) return new StepAnswer.Refused(new(ProblemKind.QuotaExceeded, $"A question rests on at most {ReadsMax} keys: let the step read less."));
        question = new()
        {
            Id = asked.Id,
            Step = begin.Step,
            Agent = begin.Last.Agent,
            Attempt = begin.Last.Attempt,
            Kind = asked.Kind,
            Text = asked.Text,
            Schema = asked.Schema,
            AskedAt = draft.Now,
            ExpiresAt = asked.Expires is { } expires ? draft.Now + expires : null,
            ReadVersion = draft.State.Log.Head,
            Reads = reads,
            Changed = asked.Changed,
            Fence = begin.Attempt,
        };
        return null;
    }

    /// <summary>Tells listeners that a person is wanted.</summary>
    public static void Tell(Draft draft, RunId run, Question question) => draft.Notify("run", new
    {
        run = run.Name,
        status = "input_required",
        question = question.Id,
        step = question.Step,
        agent = question.Agent,
        text = question.Text,
    });

    /// <summary>Answers, expires or withdraws. What is no longer open stays as it is, so that an answer counts once.</summary>
    public static StepAnswer Reply(Draft draft, StepReply reply)
    {
        if (RunRules.Open(draft, reply.Run, reply.Epoch, out var record) is { } refused) return refused;
        var step = record.Steps.GetValueOrDefault(reply.Step);
        if (step?.Questions.FirstOrDefault(known => known.Id == reply.Answer.Question) is not { } question)
        {
            return new StepAnswer.Refused(new(ProblemKind.NotFound, "The run has not asked this."));
        }

        if (question.State != QuestionState.Open) return new StepAnswer.Asked(question, null, []);
        if (draft.Now > question.ExpiresAt) return Become(draft, record, step, question with { State = QuestionState.Expired });
        if (reply.Kind == ReplyKind.Expire) return new StepAnswer.Asked(question, null, []);
        var stale = Changed(draft, record, question);
        if (!stale.IsEmpty) return Withdraw(draft, record, step, question, stale);
        if (reply.Kind == ReplyKind.Withdraw) return new StepAnswer.Asked(question, null, []);
        return Become(draft, record, step, question with
        {
            State = QuestionState.Answered,
            Value = reply.Answer.Value,
            AnsweredAt = draft.Now,
            AnsweredBy = reply.Answer.By,
        });
    }

    /// <summary>Whether a person is waited for.</summary>
    public static bool IsAsking(RunRecord record) => record.Steps.Values.Any(step => step.Questions is [.., { State: QuestionState.Open }]);

    /// <summary>A step of a run that ended: nobody is asked any more.</summary>
    public static StepRecord Ended(StepRecord step) => step.Questions.All(question => question.State != QuestionState.Open) ? step : step with
    {
        Questions = [.. step.Questions.Select(question => question.State == QuestionState.Open ? question with { State = QuestionState.Withdrawn, Reads = [] } : question)],
        Pending = null,
    };

    // A stale attempt's question is asked again at once, about what has changed by now. An agent asks anew by itself, with its next attempt.
    private static StepAnswer.Asked Withdraw(Draft draft, RunRecord record, StepRecord step, Question question, ImmutableArray<StaleKey> stale)
    {
        var next = (Question?)null;
        if (question.Kind == QuestionKind.Stale && step.Questions.Length < QuestionsMax)
        {
            var patterns = ReadsOf(record, question.Step);
            next = question with
            {
                Id = $"{question.Step}.q{question.Attempt}.{step.Questions.Length}",
                AskedAt = draft.Now,
                ReadVersion = draft.State.Log.Head,
                Reads = Seen(draft, patterns, OriginOf(record, question)),
                Changed = [.. question.Changed.Union(stale.Select(key => key.Key)).Order()],
            };
        }

        var gone = question with { State = QuestionState.Withdrawn, Reads = [], Changed = [.. stale.Select(key => key.Key)] };
        return Become(draft, record, step, gone, next) with { StaleKeys = stale };
    }

    private static StepAnswer.Asked Become(Draft draft, RunRecord record, StepRecord step, Question question, Question? next = null)
    {
        var questions = step.Questions.Select(known => known.Id == question.Id ? question : known);
        draft.Put(record with
        {
            Takeovers = question.State == QuestionState.Answered ? 0 : record.Takeovers,
            Steps = record.Steps.SetItem(question.Step, step with { Questions = next is null ? [.. questions] : [.. questions, next] }),
        });
        draft.Notify("run", new { run = record.Accepted.Run.Name, status = "working", question = question.Id, step = question.Step, state = SnakeCase.Of(question.State) });
        if (next is not null) Tell(draft, record.Accepted.Run, next);
        return new(question, next, []);
    }

    private static ImmutableArray<SeenKey> Seen(Draft draft, ImmutableArray<KeyPattern> reads, Origin asker) =>
        [.. Present(draft, reads, asker).Select(entry => new SeenKey(entry.Key, entry.Version, entry.Value.Hash))];

    // What has run out is as if it were not there, so it counts as changed when it runs out under a question.
    private static IEnumerable<ContextEntry> Present(Draft draft, ImmutableArray<KeyPattern> reads, Origin asker)
    {
        var policies = draft.State.Policies;
        return reads.IsEmpty ? [] : draft.State.Log.Read(reads).Where(entry => !entry.Origin.IsSameStep(asker) && !policies.IsExpired(entry, draft.Now));
    }

    private static ImmutableArray<StaleKey> Changed(Draft draft, RunRecord record, Question question)
    {
        var now = Present(draft, ReadsOf(record, question.Step), OriginOf(record, question)).ToDictionary(entry => entry.Key);
        var stale = new SortedDictionary<ContextKey, StaleKey>();
        foreach (var seen in question.Reads)
        {
            var still = now.Remove(seen.Key, out var entry) && entry.Value.Hash == seen.Hash;
            if (!still) stale[seen.Key] = StaleOf(draft, seen.Key, seen.Version);
        }

        foreach (var key in now.Keys) stale[key] = StaleOf(draft, key, ContextVersion.None);
        return [.. stale.Values];
    }

    private static StaleKey StaleOf(Draft draft, ContextKey key, ContextVersion seen)
    {
        var entry = draft.State.Log.Find(key);
        var behind = draft.Now - (entry?.CommittedAt ?? draft.Now);
        return new(key, seen, entry?.Version ?? draft.State.Log.Head, behind > TimeSpan.Zero ? behind : TimeSpan.Zero);
    }

    private static ImmutableArray<KeyPattern> ReadsOf(RunRecord record, string step) =>
        [.. record.Accepted.Steps.FirstOrDefault(known => known.Id == step)?.Reads.Select(read => read.Key) ?? []];

    private static Origin OriginOf(RunRecord record, Question question) => new(question.Agent, record.Accepted.Run.Name, question.Step, question.Attempt);

    private static int SizeOf(Question question) => question.Text.Length + (question.Schema?.Length ?? 0) + (question.Value?.Length ?? 0);
}
