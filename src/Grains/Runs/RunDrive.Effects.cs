using Rosud.Agents;
using Rosud.Channels;

namespace Rosud.Runs;

// What attempts do outside: claimed in the log before, their receipt after. SEMANTICS R9, PROTOCOL-runs §5.
internal sealed partial class RunDrive
{
    private readonly SortedDictionary<string, Effect> _effects = new(StringComparer.Ordinal);

    /// <summary>What the run's steps did outside, or were about to do, as far as this driver knows.</summary>
    public IEnumerable<Effect> Effects => _effects.Values;

    /// <summary>A running attempt claims an effect, leaves its receipt or looks; <paramref name="ticket"/> names who waits for the answer.</summary>
    public void Effect(long ticket, AssignmentId assignment, EffectRequest request, DateTimeOffset now)
    {
        if (Ended is null && _queries.ContainsKey(assignment.Agent.Name))
        {
            _heldCalls.Add((ticket, assignment, at => Effect(ticket, assignment, request, at)));
            HeardOf(assignment.Agent.Name);
            return;
        }

        if (Current(assignment) is not { Phase: StepPhase.Requested } step)
        {
            Act(new DriveAction.AnswerPublish(ticket, new SettleOutcome.Refused(Fenced)));
        }
        else if (step.Plan.Effects is { } declared && !declared.Contains(request.Name))
        {
            Act(new DriveAction.AnswerPublish(ticket, new SettleOutcome.Refused(ContractBreach.Effect)));
        }
        else
        {
            Act(new DriveAction.Effect(ticket, EffectBody(step, request)));
        }
    }

    /// <summary>The log answered an effect; null when nothing came back in time.</summary>
    public void EffectKnown(DriveAction.Effect sent, StepAnswer? answer, DateTimeOffset now)
    {
        if (IsStopped) return;
        var step = _byId[sent.Body.Step];
        if (answer is null && Ended is null && step.Attempt == sent.Body.Attempt && step.Phase == StepPhase.Requested)
        {
            Act(sent);
            return;
        }

        if (answer is StepAnswer.EffectKnown { Effect: var effect, Made: var made })
        {
            Know(effect);
            if (made) _timeline.Add(now, effect.State == EffectState.Done ? "effect_done" : "effect_claimed", step, effect.ReadVersion, effect.Name);
        }

        Act(new DriveAction.AnswerPublish(sent.Ticket, answer switch
        {
            StepAnswer.EffectKnown known => new SettleOutcome.EffectKnown(known.Effect, known.Made),
            StepAnswer.Refused refused => new SettleOutcome.Refused(refused.Problem),
            _ => new SettleOutcome.Refused(Fenced),
        }));
        Follow(answer, now);
        Advance(now);
    }

    private void Know(Effect effect) => _effects[$"{effect.Step}/{effect.Name}"] = effect;

    private StepEffect EffectBody(StepState step, EffectRequest request) => new(
        _accepted.Run,
        _epoch,
        step.Plan.Id,
        step.Attempt,
        request,
        Digest($"{_accepted.Run.Key}\n{step.Plan.Id}\neffect {request.Name}"),
        step.ReadVersion,
        step.View is { } view ? [.. view.Entries.Take(EffectRules.ReadsMax).Select(entry => new SeenKey(entry.Key, entry.Version, entry.Value.Hash))] : []);
}
