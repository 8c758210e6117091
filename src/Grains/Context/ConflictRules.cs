using System.Collections.Immutable;
using Rosud.Channels;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>Decides what becomes of one patch: the table of SEMANTICS C1 and the rules around it.</summary>
internal sealed class ConflictRules(ContextLog log, KeyPolicies policies, ContextPatch patch, DateTimeOffset now)
{
    private readonly ReadSet _seen = new(log, policies, patch.BasedOn ?? ContextVersion.None, patch.Origin, now);
    private readonly ImmutableArray<ContextWrite>.Builder _writes = ImmutableArray.CreateBuilder<ContextWrite>();
    // Mostly empty to the end, so without room until something comes.
    private readonly ImmutableArray<ContextKey>.Builder _overwritten = ImmutableArray.CreateBuilder<ContextKey>(0);
    private readonly ImmutableArray<ContextKey>.Builder _dropped = ImmutableArray.CreateBuilder<ContextKey>(0);
    private readonly ImmutableArray<ContextKey>.Builder _merged = ImmutableArray.CreateBuilder<ContextKey>(0);
    private readonly List<ContextWrite> _parked = [];
    private readonly ImmutableArray<StaleKey>.Builder _conflicts = ImmutableArray.CreateBuilder<StaleKey>(0);
    private readonly ImmutableArray<ProblemError>.Builder _errors = ImmutableArray.CreateBuilder<ProblemError>(0);

    private enum Fate
    {
        Commit,
        Overwrite,
        Fold,
        Drop,
        Park,
        Conflict,
    }

    public PatchVerdict Judge(bool flagStale)
    {
        if (PatchRules.Broken(patch, log) is { } broken) return new PatchVerdict.Refused(broken);
        CheckSchemas();
        if (_errors.Count > 0) return Refuse(ProblemKind.InvalidRequest, _errors[0].Message);
        var stale = patch.Reads.IsDefaultOrEmpty ? [] : _seen.Stale(patch.Reads);
        if (!stale.IsEmpty && !flagStale) return new PatchVerdict.Stale(stale);
        if (patch.BasedOn is null && patch.Writes.Any(write => policies.For(write.Key).Resolution == ConflictResolution.Reject))
        {
            return Refuse(ProblemKind.PreconditionRequired, "A key of this patch rejects blind writes: say the version that the patch is based on.");
        }

        foreach (var write in patch.Writes) Decide(write);
        if (_conflicts.Count > 0) return new PatchVerdict.Conflict(_conflicts.ToImmutable());
        if (_errors.Count > 0) return Refuse(ProblemKind.InvalidRequest, _errors[0].Message);
        if (Outgrown() is { } outgrown) return outgrown;
        return _writes.Count == 0
            ? new PatchVerdict.Nothing(Effect(), _dropped.ToImmutable(), Parked)
            : new PatchVerdict.Apply(_writes.ToImmutable(), _overwritten.ToImmutable(), _dropped.ToImmutable(), _merged.ToImmutable(), Parked) { Flagged = stale };
    }

    // Whatever becomes of a write, its value is one that the key may have; of a fold only the result counts.
    private void CheckSchemas()
    {
        if (!policies.AnySchema) return;
        foreach (var write in patch.Writes)
        {
            var policy = policies.For(write.Key);
            if (write.Value is { } value && policy.Resolution != ConflictResolution.Merge) _errors.AddRange(PatchRules.SchemaErrors(policy, write.Key, value, PatchRules.Pointer(write)));
        }
    }

    private void Decide(ContextWrite write)
    {
        var policy = policies.For(write.Key);
        var current = log.Find(write.Key);
        switch (FateOf(write, policy, current))
        {
            case Fate.Commit:
                Apply(write, current);
                break;
            case Fate.Overwrite:
                if (Apply(write, current)) _overwritten.Add(write.Key);
                break;
            case Fate.Fold:
                Fold(write, policy, current);
                break;
            case Fate.Drop:
                _dropped.Add(write.Key);
                break;
            case Fate.Park:
                _parked.Add(write);
                break;
            case Fate.Conflict:
                _conflicts.Add(_seen.Changed(write.Key)!);
                break;
        }
    }

    private Fate FateOf(ContextWrite write, EffectivePolicy policy, ContextEntry? current)
    {
        if (policy.Resolution == ConflictResolution.Merge && write.Value is not null) return Fate.Fold;
        var isBlind = patch.BasedOn is null;
        var isChanged = isBlind ? current is not null && !current.Origin.IsSameStep(patch.Origin) : _seen.Changed(write.Key) is not null;
        if (!isChanged) return Fate.Commit;
        return policy.Resolution switch
        {
            ConflictResolution.LatestWins => isBlind && current!.Value.Equals(write.Value) ? Fate.Commit : Fate.Overwrite,
            ConflictResolution.Merge => Fate.Overwrite,   // A delete: it resets the key, whatever others folded into it.
            ConflictResolution.FirstWins => Fate.Drop,
            ConflictResolution.Reject => Fate.Conflict,
            ConflictResolution.OwnerWins => patch.Origin.Writer == policy.Owner ? Fate.Overwrite : Fate.Drop,
            ConflictResolution.Priority => policy.RankOf(patch.Origin.Writer) <= policy.RankOf(log.Memory.LastWriter(write.Key, current)?.Writer) ? Fate.Overwrite : Fate.Drop,
            _ => Fate.Park,
        };
    }

    // Deleting an absent key changes nothing (C4).
    private bool Apply(ContextWrite write, ContextEntry? current)
    {
        if (write.Value is null && current is null) return false;
        _writes.Add(write);
        return true;
    }

    private void Fold(ContextWrite write, EffectivePolicy policy, ContextEntry? current)
    {
        var folded = policy.Merge is { } kind ? MergeFold.Fold(kind, current?.Value, write.Value!) : MergeFold.Unknown;
        if (folded.Value is null)
        {
            _errors.Add(new(PatchRules.Pointer(write), folded.Message!, folded.Code!));
            return;
        }

        _errors.AddRange(PatchRules.SchemaErrors(policy, write.Key, folded.Value, PatchRules.Pointer(write), isExact: false));
        _writes.Add(write with { Value = folded.Value });
        _merged.Add(write.Key);
    }

    private ImmutableArray<ContextKey> Parked => [.. _parked.Select(write => write.Key)];

    private PatchEffect Effect() => _dropped.Count > 0 ? PatchEffect.Dropped : _parked.Count > 0 ? PatchEffect.Parked : PatchEffect.Unchanged;

    private PatchVerdict.Refused? Outgrown()
    {
        var (bytes, keys) = (0L, 0);
        foreach (var write in _writes)
        {
            if (write.Value?.Length > log.Limits.ValueBytesMax) return new PatchVerdict.Refused(PatchRules.TooLarge(write, log.Limits));
            if (log.Find(write.Key) is { } before) (bytes, keys) = (bytes - ContextLog.SizeOf(before), keys - 1);
            if (write.Value is { } value) (bytes, keys) = (bytes + ContextLog.SizeOf(write.Key, value), keys + 1);
        }

        foreach (var write in _parked)
        {
            if (log.Parked.CountOf(write.Key) >= ParkedWrites.PerKeyMax)
            {
                return Refuse(ProblemKind.ParkedFull, $"{ParkedWrites.PerKeyMax} writes of {write.Key} wait to be resolved: resolve some first. Nothing was written.");
            }

            (bytes, keys) = (bytes + ParkedWrites.SizeOf(write), keys + 1);
        }

        return PatchRules.Outgrown(log, bytes, keys) is { } problem ? new(problem) : null;
    }

    private PatchVerdict.Refused Refuse(ProblemKind kind, string detail) =>
        new(new(kind, detail) { Errors = _errors.ToImmutable(), Version = log.Head.Number });
}
