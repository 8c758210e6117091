using System.Collections.Immutable;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>Decides what resolving one conflict commits: SEMANTICS C10. The key's mode has no say any more, its schema and the limits have.</summary>
internal static class ResolveRules
{
    public static PatchVerdict Judge(ContextLog log, KeyPolicies policies, ParkedWrite parked, Resolution resolution, DateTimeOffset now)
    {
        if (resolution.BasedOn > log.Head)
        {
            return new PatchVerdict.Refused(new(ProblemKind.VersionAhead, $"The decision is based on {resolution.BasedOn}, the newest version is {log.Head}.") { Version = log.Head.Number });
        }

        var key = parked.Write.Key;
        if (resolution.BasedOn is { } seen && new ReadSet(log, policies, seen, resolution.Origin, now).Changed(key) is { } changed)
        {
            return new PatchVerdict.Conflict([changed]);
        }

        var current = log.Find(key);
        var write = new ContextWrite(key, resolution.Choice switch
        {
            ConflictChoice.Parked => parked.Write.Value,
            ConflictChoice.Current => current?.Value,
            _ => resolution.Value,
        });
        if (write.Value is null && current is null) return new PatchVerdict.Nothing(PatchEffect.Unchanged, [], []);
        if (BreaksSchema(policies, write, resolution.Choice) is { } broken) return new PatchVerdict.Refused(broken);
        if (Refusal(log, write, parked, current) is { } problem) return new PatchVerdict.Refused(problem);
        ImmutableArray<ContextKey> overwritten = current is null || current.Value.Equals(write.Value) ? [] : [key];
        return new PatchVerdict.Apply([write], overwritten, [], [], []);
    }

    // What is there may stay, also when the schema came after it.
    private static Problem? BreaksSchema(KeyPolicies policies, ContextWrite write, ConflictChoice choice)
    {
        if (write.Value is null || choice == ConflictChoice.Current) return null;
        var isGiven = choice == ConflictChoice.Value;
        var errors = PatchRules.SchemaErrors(policies.For(write.Key), write.Key, write.Value, isGiven ? "/value" : "/choose", isGiven).ToImmutableArray();
        return errors.IsEmpty ? null : new(ProblemKind.InvalidRequest, errors[0].Message) { Errors = errors };
    }

    private static Problem? Refusal(ContextLog log, ContextWrite write, ParkedWrite parked, ContextEntry? current)
    {
        if (write.Value?.Length > log.Limits.ValueBytesMax) return PatchRules.TooLarge(write, log.Limits, "/value");
        var bytes = ParkedWrites.SizeOf(write) - (current is null ? 0 : ContextLog.SizeOf(current)) - ParkedWrites.SizeOf(parked);
        return PatchRules.Outgrown(log, bytes, keys: 0);
    }
}
