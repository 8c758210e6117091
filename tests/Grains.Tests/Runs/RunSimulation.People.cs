using Rosud.Context;

namespace Rosud.Runs;

// Workers that do something outside and ask people, people that answer, and verifiers. A step whose goal says "effect" or "ask" does so.
internal sealed partial class RunSimulation
{
    private readonly Dictionary<long, (ModelWorker Worker, bool HadReceipt)> _effects = [];
    private readonly Dictionary<long, GivenAnswer> _answers = [];

    /// <summary>The keys under which the outside was asked to do a step's effect, and how often.</summary>
    public Dictionary<string, List<string>> Done { get; } = [];

    /// <summary>Answers that counted.</summary>
    public int Counted { get; private set; }

    private PlannedStep? JudgedBy(string step) => _accepted.Steps.FirstOrDefault(plan => plan.Verifiers.Any(verifier => verifier.Id == step));

    // True when the worker is busy with its effect: claim, do, receipt, each at another moment.
    private bool Outside(ModelWorker worker, PlannedStep plan)
    {
        if (!plan.Goal.Contains("effect", StringComparison.Ordinal) || worker.Effect is { State: EffectState.Done }) return false;
        if (worker.Waits != 0)
        {
            if (_random.Next(3) == 0) worker.Waits = 0;   // The answer was lost: say it again.
            return true;
        }

        if (worker.Effect is { } claimed && !worker.IsDone)
        {
            worker.IsDone = true;
            if (!Log.HasClaim(plan.Id, "e")) throw new BrokenInvariantException("(j) something is done outside of which the ledger knows nothing");
            if (!Done.TryGetValue(plan.Id, out var keys)) Done[plan.Id] = keys = [];
            keys.Add(claimed.IdempotencyKey);
            return true;
        }

        var ticket = worker.Waits = ++_tickets;
        _effects[ticket] = (worker, Log.HasReceipt(plan.Id, "e"));
        var request = new EffectRequest("e", worker.IsDone ? JsonValue.From(worker.Attempt) : null);
        OneWay(drive => drive.Effect(ticket, worker.Request.Assignment, request, _now));
        return true;
    }

    private void Heard(DriveAction.AnswerPublish answer)
    {
        if (!_effects.Remove(answer.Ticket, out var asked) || asked.Worker.Waits != answer.Ticket) return;
        asked.Worker.Waits = 0;
        if (answer.Outcome is not Agents.SettleOutcome.EffectKnown { Effect: var effect })
        {
            _workers.Remove(asked.Worker);   // It was told to stop.
            return;
        }

        if (asked.HadReceipt && effect.State != EffectState.Done) throw new BrokenInvariantException("(j) an effect is done again although its receipt was there");
        asked.Worker.Effect = effect;
    }

    // True when the worker has asked, which ends its attempt.
    private bool Asks(ModelWorker worker, PlannedStep plan)
    {
        if (!plan.Goal.StartsWith("ask", StringComparison.Ordinal) || !worker.Request.Answers.IsEmpty) return false;
        _workers.Remove(worker);
        _supervisors[worker.Request.Assignment.Agent.Name].End(worker, new()
        {
            Assignment = worker.Request.Assignment,
            Kind = SettlementKind.Asked,
            Asked = new("Shall I?"),
            StartedAt = _now - TimeSpan.FromMilliseconds(3),
            EndedAt = _now,
            ReadVersion = worker.Request.Context.Version,
        });
        return true;
    }

    // Somebody answers a question on the screen, which may be an old one; sometimes twice and otherwise.
    private bool Person()
    {
        if (Drive is null) return false;
        var questions = Log.Questions.ToArray();
        if (questions.Length == 0 || (_random.Next(4) > 0 && questions.All(question => question.State != QuestionState.Open))) return false;
        var open = questions.FirstOrDefault(question => question.State == QuestionState.Open);
        var question = open is null || _random.Next(4) == 0 ? questions[_random.Next(questions.Length)] : open;
        var value = question.Kind == QuestionKind.Stale ? JsonValue.From(_random.Next(3) switch { 0 => "continue", 1 => "retry", _ => "abort" }) : JsonValue.From(_random.Next(3));
        var ticket = ++_tickets;
        var answer = _answers[ticket] = new(question.Id, value);
        OneWay(drive => drive.Answer(ticket, answer, _now));
        return open is not null;
    }

    private void Heard(DriveAction.AnswerPerson answer)
    {
        if (!_answers.Remove(answer.Ticket, out var given) || answer.Outcome is not AnswerOutcome.Counted { Question: var question }) return;
        Counted++;
        if (!Equals(question.Value, given.Value)) throw new BrokenInvariantException("(h) another answer than the one given is said to count");
    }

    private void Judge(ModelWorker worker, PlannedStep judged)
    {
        _workers.Remove(worker);
        var fails = _faults > 0 && _random.Next(6) == 0;
        if (fails) _faults--;
        var accepts = _random.Next(5) > 0;
        if (!fails && accepts)
        {
            foreach (var write in worker.Request.Proposed!.Writes) Log.Approve(judged.Id, write.Value!.ToString());
        }

        _supervisors[worker.Request.Assignment.Agent.Name].End(worker, new()
        {
            Assignment = worker.Request.Assignment,
            Kind = fails ? SettlementKind.Failed : SettlementKind.Completed,
            Completion = fails ? null : new() { Output = JsonValue.From(new { accepted = accepts, reason = "so it is" }), Usage = new(3, 1) },
            StartedAt = _now - TimeSpan.FromMilliseconds(2),
            EndedAt = _now,
            ReadVersion = worker.Request.Context.Version,
        });
    }
}
