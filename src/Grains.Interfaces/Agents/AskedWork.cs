using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>How a handler's effects and questions go, whichever way its attempt's verbs travel.</summary>
/// <param name="assignment">The attempt.</param>
/// <param name="claim">Claims an effect or leaves its receipt.</param>
/// <param name="ask">Ends the attempt with a question.</param>
/// <param name="stopped">The attempt is over.</param>
internal readonly struct AskedWork(Assignment assignment, Func<EffectRequest, Task<SettleOutcome>> claim, Func<AskRequest, Task<SettleOutcome>> ask, CancellationToken stopped)
{
    public async Task<Effect> Effect(string name, Func<string, Task<JsonValue>> act)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(act);
        var known = await Claimed(new(name));
        if (known.State == EffectState.Done) return known;
        var receipt = await act(known.IdempotencyKey);
        return await Claimed(new(name, receipt ?? JsonValue.Null));
    }

    public async Task<JsonValue> Ask(string question, JsonValue? schema, TimeSpan? expires)
    {
        ArgumentException.ThrowIfNullOrEmpty(question);
        stopped.ThrowIfCancellationRequested();
        var answered = assignment.Answers.LastOrDefault(answer => answer.Text == question);
        if (answered?.Value is { } value) return value;
        throw await ask(new(question, schema, expires)) switch
        {
            SettleOutcome.Asked asked => new AttemptAskedException(asked.Question),
            SettleOutcome.Settled or SettleOutcome.Refused { Problem.Kind: ProblemKind.Fenced } => new OperationCanceledException("The attempt is over.", stopped),
            SettleOutcome.Refused refused => new RefusedException(refused.Problem),
            var other => new InvalidOperationException($"Asking was answered with {other.GetType().Name}."),
        };
    }

    private async Task<Effect> Claimed(EffectRequest request)
    {
        stopped.ThrowIfCancellationRequested();
        return await claim(request) switch
        {
            SettleOutcome.EffectKnown known => known.Effect,
            SettleOutcome.Refused { Problem.Kind: ProblemKind.Fenced } => throw new OperationCanceledException("The attempt is over.", stopped),
            SettleOutcome.Refused refused => throw new RefusedException(refused.Problem),
            var other => throw new InvalidOperationException($"An effect was answered with {other.GetType().Name}."),
        };
    }
}
