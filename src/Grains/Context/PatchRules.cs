using System.Collections.Immutable;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>What every patch must satisfy, whatever is in the context: SEMANTICS C4, C6 and the limits of C15.</summary>
internal static class PatchRules
{
    /// <summary>Why the patch is too large, whatever it says; null when it is not.</summary>
    public static Problem? Oversized(ContextPatch patch, ContextLimits limits)
    {
        if (patch.Writes.Length > limits.PatchWritesMax)
        {
            return new(ProblemKind.PayloadTooLarge, $"A patch may write {limits.PatchWritesMax} keys, this one has {patch.Writes.Length}.");
        }

        foreach (var write in patch.Writes)
        {
            if (write.Value?.Length > limits.ValueBytesMax) return TooLarge(write, limits);
        }

        return null;
    }

    /// <summary>Why the patch is refused as it stands; null when it is not.</summary>
    public static Problem? Broken(ContextPatch patch, ContextLog log)
    {
        if (Oversized(patch, log.Limits) is { } oversized) return oversized;
        var errors = Errors(patch);
        if (!errors.IsEmpty) return new(ProblemKind.InvalidRequest, errors[0].Message) { Errors = errors };
        return patch.BasedOn > log.Head
            ? new(ProblemKind.VersionAhead, $"The patch is based on {patch.BasedOn}, the newest version is {log.Head}.") { Version = log.Head.Number }
            : null;
    }

    public static Problem TooLarge(ContextWrite write, ContextLimits limits, string? pointer = null)
    {
        var message = $"A value may have {limits.ValueBytesMax} bytes, this one has {write.Value!.Length}.";
        return new(ProblemKind.PayloadTooLarge, message) { Errors = [new(pointer ?? Pointer(write), message, "value_too_large")] };
    }

    /// <summary>Why a value breaks its key's schema; nothing when it does not, or there is none.</summary>
    /// <param name="pointer">The member of the request that has the value.</param>
    /// <param name="isExact">Pointers into the value are pointers into that member.</param>
    public static IEnumerable<ProblemError> SchemaErrors(EffectivePolicy policy, ContextKey key, JsonValue value, string pointer, bool isExact = true)
    {
        if (policy.Schema is null) return [];
        return policy.Schema.Value.Check(value).Select(fault => new ProblemError(
            isExact ? pointer + fault.Pointer : pointer, $"The value of {key} breaks its schema{(fault.Pointer == "" ? "" : $" at {fault.Pointer}")}: {fault.Message}.", fault.Code));
    }

    /// <summary>Why the channel may not grow so far; null when it may. What makes it smaller is taken even while it is too large.</summary>
    /// <param name="bytes">Bytes more of keys and values, parked ones included.</param>
    /// <param name="keys">Keys and parked writes more.</param>
    public static Problem? Outgrown(ContextLog log, long bytes, int keys)
    {
        var held = log.Bytes + log.Parked.Bytes + bytes;
        if (bytes > 0 && held > log.Limits.LiveBytesMax)
        {
            return Quota(log, $"The channel would have {held} bytes of keys and values, parked ones included; {log.Limits.LiveBytesMax} are allowed. Delete keys or resolve conflicts first.");
        }

        var count = log.Count + log.Parked.Count + keys;
        return keys > 0 && count > log.Limits.KeysMax
            ? Quota(log, $"The channel would have {count} keys and parked writes; {log.Limits.KeysMax} are allowed. Delete keys or resolve conflicts first.")
            : null;
    }

    private static Problem Quota(ContextLog log, string detail) => new(ProblemKind.QuotaExceeded, detail) { Version = log.Head.Number };

    // A key has no character that a JSON pointer escapes.
    public static string Pointer(ContextWrite write) => write.Value is null ? "/delete" : $"/set/{write.Key}";

    private static ImmutableArray<ProblemError> Errors(ContextPatch patch)
    {
        var errors = ImmutableArray.CreateBuilder<ProblemError>();
        if (patch.BasedOn is null && !patch.Reads.IsDefaultOrEmpty) errors.Add(new("/reads", "Reads need the version they were read at: give based_on.", "reads_without_based_on"));
        if (patch.BasedOn < ContextVersion.None) errors.Add(new("/based_on", "A version is 0 or more.", "invalid_version"));
        var keys = new HashSet<ContextKey>(patch.Writes.Length);
        foreach (var write in patch.Writes)
        {
            if (!ContextKey.IsValid(write.Key.Value)) errors.Add(new("/" + (write.Value is null ? "delete" : "set"), "A key has segments of A-Z, a-z, 0-9, _ and - joined by dots, at most 256 characters.", "invalid_key"));
            else if (!keys.Add(write.Key)) errors.Add(new(Pointer(write), "The key is written twice; a patch sets or deletes a key once.", "duplicate_key"));
        }

        for (var i = 0; !patch.Reads.IsDefault && i < patch.Reads.Length; i++)
        {
            if (!KeyPattern.IsValid(patch.Reads[i].Value)) errors.Add(new($"/reads/{i}", "A read is a key, or a prefix ending in *.", "invalid_pattern"));
        }

        return errors.ToImmutable();
    }
}
