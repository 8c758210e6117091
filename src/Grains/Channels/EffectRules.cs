using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>The ledger of effects: SEMANTICS R9, PROTOCOL-runs §5. One line per run, step and name, whichever attempt asks.</summary>
internal static class EffectRules
{
    /// <summary>Effects of one step.</summary>
    public const int EffectsMax = 32;

    /// <summary>Bytes of one receipt.</summary>
    public const int ReceiptBytesMax = 16 * 1024;

    /// <summary>Keys of the view that a line names.</summary>
    public const int ReadsMax = 100;

    public static StepAnswer Record(Draft draft, StepEffect asked)
    {
        if (RunRules.Gate(draft, asked.Run, asked.Epoch, asked.Step, asked.Attempt, out var record, out var step) is { } refused)
        {
            return refused is StepAnswer.Already ? new StepAnswer.Fenced() : refused;
        }

        var known = step.Effects.FirstOrDefault(effect => effect.Name == asked.Request.Name);
        if (known is null && asked.Request.Look) return new StepAnswer.Refused(new(ProblemKind.NotFound, "No attempt of this step has claimed this effect."));
        if (known is not null && (known.State == EffectState.Done || asked.Request.Receipt is null)) return new StepAnswer.EffectKnown(known, Made: false);
        if (known is null && step.Effects.Length >= EffectsMax) return new StepAnswer.Refused(new(ProblemKind.QuotaExceeded, $"A step has at most {EffectsMax} effects."));
        var line = Line(known, asked, draft.Now);
        draft.Put(record with { Steps = record.Steps.SetItem(asked.Step, step with { Effects = [.. step.Effects.Where(effect => effect.Name != line.Name), line] }) });
        draft.Notify("assignment", new
        {
            run = asked.Run.Name,
            step = asked.Step,
            attempt = asked.Attempt,
            outcome = line.State == EffectState.Done ? "effect_done" : "effect_claimed",
            detail = line.Name,
        });
        return new StepAnswer.EffectKnown(line, Made: true);
    }

    private static Effect Line(Effect? known, StepEffect asked, DateTimeOffset now)
    {
        var claimed = known ?? new()
        {
            Name = asked.Request.Name,
            Step = asked.Step,
            Attempt = asked.Attempt,
            IdempotencyKey = asked.IdempotencyKey,
            ReadVersion = asked.ReadVersion,
            Reads = asked.Reads,
            ClaimedAt = now,
        };
        if (asked.Request.Receipt is not { } receipt) return claimed;
        return claimed with { State = EffectState.Done, Receipt = receipt, ReadVersion = asked.ReadVersion, Reads = asked.Reads, DoneAt = now, DoneBy = asked.Attempt };
    }
}
