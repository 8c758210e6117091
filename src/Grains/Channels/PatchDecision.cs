using System.Text;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>Decides patches of the context: SEMANTICS C1, with the answers of known operations first.</summary>
internal static class PatchDecision
{
    public static PatchOutcome Decide(Draft draft, ContextPatch patch)
    {
        if (!draft.State.Exists) return new PatchOutcome.Refused(ChannelRules.NotFound);
        if (patch.OperationId is not { } id) return Evaluate(draft, patch);
        if (PatchRules.Oversized(patch, draft.State.Log.Limits) is { } oversized) return new PatchOutcome.Refused(oversized);
        var operation = ContentHash.Of(Encoding.UTF8.GetBytes(id));
        if (draft.FindOperation(operation) is { } known)
        {
            return known.Body == patch.BodyHash
                ? draft.State.Codec.Read<PatchOutcome>(known.Answer)
                : new PatchOutcome.Refused(new(ProblemKind.IdempotencyMismatch, "This Idempotency-Key was used with another body."));
        }

        var outcome = Evaluate(draft, patch);
        if (outcome is PatchOutcome.Applied) draft.Finish(new(operation, patch.BodyHash, draft.Now, draft.State.Codec.Write(outcome)));
        return outcome;
    }

    private static PatchOutcome Evaluate(Draft draft, ContextPatch patch)
    {
        var log = draft.State.Log;
        switch (log.Judge(patch, draft.State.Policies, draft.Now))
        {
            case PatchVerdict.Apply apply:
                var change = draft.Commit(apply.Writes, patch.Origin);
                return new PatchOutcome.Applied(change.Version, PatchEffect.Committed)
                {
                    Overwritten = apply.Overwritten,
                    Dropped = apply.Dropped,
                    Merged = apply.Merged,
                    Parked = apply.Parked,
                };
            case PatchVerdict.Nothing nothing:
                return new PatchOutcome.Applied(log.Head, nothing.Effect) { Dropped = nothing.Dropped, Parked = nothing.Parked };
            case PatchVerdict.Stale stale:
                draft.Notify("stale", new { writer = patch.Origin.Writer, keys = stale.Keys.Select(key => key.Key.Value) });
                return new PatchOutcome.Stale(log.Head, stale.Keys);
            case PatchVerdict.Conflict conflict:
                draft.Notify("conflict", new { writer = patch.Origin.Writer, keys = conflict.Keys.Select(key => key.Key.Value) });
                return new PatchOutcome.Conflict(log.Head, conflict.Keys);
            case PatchVerdict.Refused refused:
                return new PatchOutcome.Refused(refused.Problem);
            default:
                throw new InvalidOperationException("The context log gave a verdict that is not known here.");
        }
    }
}
