using System.Collections.Immutable;
using Rosud.Channels;
using Rosud.Context;

namespace Rosud.Runs;

// Effects, questions and verdicts, and the invariants about them. What really happened outside is kept beside what the log says.
internal sealed partial class ModelLog
{
    private readonly Dictionary<string, JsonValue> _counted = [];
    private readonly HashSet<(string Step, string Value)> _approvedWork = [];

    /// <summary>Every question that was ever open, as a person may have it on the screen.</summary>
    public IEnumerable<Question> Questions => _steps.Values.SelectMany(step => step.Questions);

    /// <summary>Whether the ledger has the receipt of an effect.</summary>
    public bool HasReceipt(string step, string name) => _steps[step].Effects.Any(effect => effect.Name == name && effect.State == EffectState.Done);

    /// <summary>A verifier really accepted this work.</summary>
    public void Approve(string step, string value) => _approvedWork.Add((step, value));

    public StepAnswer Effect(StepEffect asked)
    {
        if (asked.Epoch < Epoch) return new StepAnswer.EpochLost();
        if (Over() is { } over) return over;
        var step = _steps[asked.Step];
        if (step.Done is not null || asked.Attempt < step.Fence) return new StepAnswer.Fenced();
        var known = step.Effects.FirstOrDefault(effect => effect.Name == asked.Request.Name);
        if (known is { State: EffectState.Done } && mutant == Mutant.ForgetReceipts) known = known with { State = EffectState.Claimed };
        if (known is not null && (known.State == EffectState.Done || asked.Request.Receipt is null)) return new StepAnswer.EffectKnown(known, Made: false);
        var line = known ?? new() { Name = asked.Request.Name, Step = asked.Step, Attempt = asked.Attempt, IdempotencyKey = asked.IdempotencyKey };
        if (asked.Request.Receipt is { } receipt) line = line with { State = EffectState.Done, Receipt = receipt, DoneBy = asked.Attempt };
        if (mutant == Mutant.ClaimNotDurable && asked.Request.Receipt is null) return new StepAnswer.EffectKnown(line, Made: true);
        _steps[asked.Step] = step with { Effects = [.. step.Effects.Where(effect => effect.Name != line.Name), line] };
        return new StepAnswer.EffectKnown(line, Made: true);
    }

    public StepAnswer Reply(StepReply reply)
    {
        if (reply.Epoch < Epoch) return new StepAnswer.EpochLost();
        if (Over() is { } over) return over;
        var step = _steps[reply.Step];
        var question = step.Questions.Single(known => known.Id == reply.Answer.Question);
        var isOpen = question.State == QuestionState.Open || (mutant == Mutant.AnswerTwice && reply.Kind == ReplyKind.Answer && question.State == QuestionState.Answered);
        if (!isOpen) return new StepAnswer.Asked(question, null, []);
        if (reply.Kind == ReplyKind.Expire && !(Now() > question.ExpiresAt)) return new StepAnswer.Asked(question, null, []);
        if (Now() > question.ExpiresAt) return Become(question with { State = QuestionState.Expired });
        var stale = mutant == Mutant.NoPins ? [] : ChangedSince(question);
        if (!stale.IsEmpty)
        {
            var next = question.Kind == QuestionKind.Stale ? question with { Id = $"{question.Id}+", Reads = Pins(question.Step), AskedAt = Now() } : null;
            return Become(question with { State = QuestionState.Withdrawn, Changed = [.. stale.Select(key => key.Key)], Reads = [] }, next) with { StaleKeys = stale };
        }

        if (reply.Kind == ReplyKind.Withdraw) return new StepAnswer.Asked(question, null, []);
        Check(ChangedSince(question).IsEmpty, "(h) an answer counted for something else than was shown");
        Check(!_counted.TryGetValue(question.Id, out var before) || Equals(before, reply.Answer.Value), "(h) two answers counted");
        _counted[question.Id] = reply.Answer.Value;
        return Become(question with { State = QuestionState.Answered, Value = reply.Answer.Value, AnsweredAt = Now() });
    }

    private StepAnswer.Stale? Unasked(BeginAttempt begin)
    {
        if (begin.Asked is not { Kind: QuestionKind.Agent } asked) return null;
        var stale = StaleKeys(asked.Reads, asked.ReadVersion, begin.Step);
        return stale.IsEmpty ? null : new(stale, View(accepted.Interest));
    }

    private Question? Ask(BeginAttempt begin)
    {
        if (begin.Asked is not { } asked) return null;
        var question = new Question
        {
            Id = asked.Id,
            Step = begin.Step,
            Agent = begin.Last.Agent,
            Attempt = begin.Last.Attempt,
            Kind = asked.Kind,
            Text = asked.Text,
            Schema = asked.Schema,
            AskedAt = Now(),
            ExpiresAt = asked.Expires is { } expires ? Now() + expires : null,
            ReadVersion = new(Version),
            Reads = Pins(begin.Step),
            Changed = asked.Changed,
            Fence = begin.Attempt,
        };
        _steps[begin.Step] = _steps[begin.Step] with { Questions = _steps[begin.Step].Questions.Add(question) };
        return question;
    }

    private void Note(ImmutableArray<AttemptView> verified)
    {
        foreach (var made in verified)
        {
            var known = _steps[made.Step];
            if (known.Fence <= made.Attempt) _steps[made.Step] = known with { Retries = known.Retries + 1, Fence = made.Attempt + 1, Ended = known.Ended.Add(made) };
        }
    }

    // What was committed was accepted by the step's verifier, and rests on what a person was shown who decided on it.
    private void CheckPeople(StepCommit commit)
    {
        var plan = accepted.Steps.Single(step => step.Id == commit.Step);
        if (commit.Writer is not null) return;
        foreach (var write in commit.Writes.Where(_ => !plan.Verifiers.IsEmpty))
        {
            Check(_approvedWork.Contains((commit.Step, write.Value!.ToString())), "(i) committed before the verifier accepted");
        }

        var questions = _steps[commit.Step].Questions.Where(question => question.Kind == QuestionKind.Agent).ToArray();
        if (!plan.Goal.StartsWith("ask", StringComparison.Ordinal)) return;
        Check(questions.Any(question => question.State == QuestionState.Answered && ChangedSince(question).IsEmpty), "(h) committed on what nobody was shown");
    }

    private StepAnswer.Asked Become(Question question, Question? next = null)
    {
        var step = _steps[question.Step];
        var questions = step.Questions.Select(known => known.Id == question.Id ? question : known);
        _steps[question.Step] = step with { Questions = next is null ? [.. questions] : [.. questions, next] };
        return new(question, next, []);
    }

    private ImmutableArray<SeenKey> Pins(string step)
    {
        var reads = accepted.Steps.Single(plan => plan.Id == step).Reads;
        return [.. Keys().Where(key => reads.Any(read => read.Key.Matches(key))).Select(Entry).OfType<ContextEntry>().Select(entry => new SeenKey(entry.Key, entry.Version, entry.Value.Hash))];
    }

    private ImmutableArray<StaleKey> ChangedSince(Question question)
    {
        var now = Pins(question.Step).ToDictionary(seen => seen.Key, seen => seen.Hash);
        var changed = question.Reads.Where(seen => !now.Remove(seen.Key, out var hash) || hash != seen.Hash).Select(seen => seen.Key).ToList();
        return [.. changed.Concat(now.Keys).Select(key => new StaleKey(key, question.ReadVersion, new(Version), TimeSpan.Zero))];
    }
}
