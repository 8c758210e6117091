using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>Decides patches of the context and resolutions of conflicts: SEMANTICS C1 and C10, with the answers of known operations first.</summary>
internal static class PatchDecision
{
    public static PatchOutcome Decide(Draft draft, ContextPatch patch)
    {
        if (!draft.State.Exists) return new PatchOutcome.Refused(ChannelRules.NotFound);
        if (PatchRules.Oversized(patch, draft.State.Log.Limits) is { } oversized) return new PatchOutcome.Refused(oversized);
        return Once(draft, patch.OperationId, patch.BodyHash, () => Evaluate(draft, patch));
    }

    public static PatchOutcome Resolve(Draft draft, Resolution resolution)
    {
        if (!draft.State.Exists) return new PatchOutcome.Refused(ChannelRules.NotFound);
        return Once(draft, resolution.OperationId, resolution.BodyHash, () => Evaluate(draft, resolution));
    }

    private static PatchOutcome Once(Draft draft, string? id, ContentHash body, Func<PatchOutcome> evaluate) => Operations.Once(
        draft, id is null ? null : new(id, body), evaluate, outcome => outcome is PatchOutcome.Applied, problem => new PatchOutcome.Refused(problem),
        outcome => outcome is PatchOutcome.Applied applied ? applied with { IsReplay = true } : outcome);

    private static PatchOutcome Evaluate(Draft draft, ContextPatch patch)
    {
        var log = draft.State.Log;
        draft.Cause = new("patch", patch.OperationId, patch.Caller, patch.TraceId);
        switch (log.Judge(patch, draft.State.Policies, draft.Now))
        {
            case PatchVerdict.Apply apply:
                var change = draft.Commit(apply.Writes, patch.Origin, basis: new(patch.BasedOn, patch.Reads));
                return new PatchOutcome.Applied(change.Version, PatchEffect.Committed)
                {
                    Overwritten = apply.Overwritten,
                    Dropped = apply.Dropped,
                    Merged = apply.Merged,
                    Parked = apply.Parked,
                    Conflicts = draft.Park(patch, apply.Parked),
                };
            case PatchVerdict.Nothing nothing:
                return new PatchOutcome.Applied(log.Head, nothing.Effect)
                {
                    Dropped = nothing.Dropped,
                    Parked = nothing.Parked,
                    Conflicts = draft.Park(patch, nothing.Parked),
                };
            case var refusal:
                return Refused(draft, refusal, patch.Origin);
        }
    }

    private static PatchOutcome Evaluate(Draft draft, Resolution resolution)
    {
        var log = draft.State.Log;
        draft.Cause = new("resolve", resolution.OperationId, resolution.Caller, resolution.TraceId);
        if (log.Parked.Find(resolution.Conflict) is not { } parked)
        {
            return new PatchOutcome.Refused(new(ProblemKind.NotFound, "There is no such conflict: it was resolved already, or never there."));
        }

        switch (ResolveRules.Judge(log, draft.State.Policies, parked, resolution, draft.Now))
        {
            case PatchVerdict.Apply apply:
                draft.Forget(parked);
                var change = draft.Commit(apply.Writes, resolution.Origin, resolves: parked.Number, basis: new(resolution.BasedOn, []));
                NotifyResolved(draft, parked, resolution);
                return new PatchOutcome.Applied(change.Version, PatchEffect.Committed) { Overwritten = apply.Overwritten };
            case PatchVerdict.Nothing nothing:
                draft.Forget(parked);
                NotifyResolved(draft, parked, resolution);
                return new PatchOutcome.Applied(log.Head, nothing.Effect);
            case var refusal:
                return Refused(draft, refusal, resolution.Origin);
        }
    }

    private static void NotifyResolved(Draft draft, ParkedWrite parked, Resolution resolution) => draft.Notify("conflict", new
    {
        writer = resolution.Origin.Writer,
        keys = new[] { parked.Write.Key.Value },
        outcome = "resolved",
        conflicts = new[] { parked.Id },
        choice = SnakeCase.Of(resolution.Choice),
    });

    private static PatchOutcome Refused(Draft draft, PatchVerdict refusal, Origin origin)
    {
        var head = draft.State.Log.Head;
        switch (refusal)
        {
            case PatchVerdict.Stale stale:
                draft.Notify("stale", new { writer = origin.Writer, keys = stale.Keys.Select(key => key.Key.Value) });
                return new PatchOutcome.Stale(head, stale.Keys);
            case PatchVerdict.Conflict conflict:
                draft.Notify("conflict", new { writer = origin.Writer, keys = conflict.Keys.Select(key => key.Key.Value), outcome = "rejected" });
                return new PatchOutcome.Conflict(head, conflict.Keys);
            case PatchVerdict.Refused refused:
                return new PatchOutcome.Refused(refused.Problem);
            default:
                throw new InvalidOperationException("The context log gave a verdict that is not known here.");
        }
    }
}
