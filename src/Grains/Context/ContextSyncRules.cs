using System.Collections.Immutable;
using Rosud.Channels;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>What a <see cref="ContextSync"/> must satisfy before a channel takes it. SEMANTICS C6, C8, C9.</summary>
internal static class ContextSyncRules
{
    public const int KeysMax = 256;
    public const int RanksMax = 256;

    /// <summary>Bytes of all schemas of a channel together.</summary>
    public const int SchemaBytesMax = 256 * 1024;

    /// <summary>Every fault with its JSON pointer; empty when there is none.</summary>
    /// <param name="pointer">Where the policy is in the request.</param>
    public static ImmutableArray<ProblemError> Faults(ContextSync policy, string pointer = "/sync")
    {
        var faults = ImmutableArray.CreateBuilder<ProblemError>();
        void Fault(bool isFault, string member, string code, string message)
        {
            if (isFault) faults.Add(new($"{pointer}/{member}", message, code));
        }

        Fault(!Enum.IsDefined(policy.Mode), "mode", "unknown_mode", "There is no such mode.");
        Fault(!Enum.IsDefined(policy.ConflictResolution), "conflict_resolution", "unknown_resolution", "There is no such way to end a conflict.");
        Fault(policy.ConflictResolution is ConflictResolution.OwnerWins or ConflictResolution.Priority, "conflict_resolution", "key_policy_only", "Owners and ranks belong to keys: say this under keys.");
        Fault(policy.ConflictResolution == ConflictResolution.Merge && policy.Merge is null, "merge", "merge_without_fold", "A channel that merges says how: give merge.");
        Fault(policy.Merge is { } fold && !Enum.IsDefined(fold), "merge", "unknown_fold", "There is no such fold.");
        Fault(policy.StalenessThreshold < TimeSpan.Zero, "staleness_threshold_ms", "negative", "A threshold is 0 or more.");
        Fault(policy.Keys.Length > KeysMax, "keys", "too_many", $"A channel has policies for at most {KeysMax} patterns.");
        foreach (var twice in policy.Keys.GroupBy(key => key.Pattern).Where(same => same.Count() > 1))
        {
            Fault(true, $"keys/{Escaped(twice.Key)}", "duplicate_pattern", "The pattern is there twice.");
        }

        foreach (var key in policy.Keys) KeyFaults(policy, key, (isFault, member, code, message) => Fault(isFault, $"keys/{Escaped(key.Pattern)}{member}", code, message));
        Fault(policy.Keys.Sum(key => (long)(key.Schema?.Length ?? 0)) > SchemaBytesMax, "keys", "schemas_too_large", $"The schemas of a channel have at most {SchemaBytesMax} bytes together.");
        foreach (var key in policy.Keys)
        {
            if (key.Schema is { } schema) faults.AddRange(KeySchema.Faults(schema, $"{pointer}/keys/{Escaped(key.Pattern)}/schema"));
        }

        return faults.ToImmutable();
    }

    private static void KeyFaults(ContextSync policy, KeyPolicy key, Action<bool, string, string, string> fault)
    {
        var resolution = key.ConflictResolution ?? policy.ConflictResolution;
        fault(!KeyPattern.IsValid(key.Pattern.Value), "", "invalid_pattern", "A pattern is a key, or a prefix ending in *.");
        fault(key.Pattern.IsAll, "", "all_keys", "What holds for every key is said by the channel: leave out keys.");
        fault(!Enum.IsDefined(resolution), "/conflict_resolution", "unknown_resolution", "There is no such way to end a conflict.");
        fault(resolution == ConflictResolution.Merge && key.Merge is null && (key.ConflictResolution is not null || policy.Merge is null), "/merge", "merge_without_fold", "Keys that merge say how: give merge.");
        fault(resolution != ConflictResolution.Merge && key.Merge is not null, "/merge", "fold_without_merge", "A fold needs conflict_resolution merge.");
        fault(key.Merge is { } fold && !Enum.IsDefined(fold), "/merge", "unknown_fold", "There is no such fold.");
        fault(resolution == ConflictResolution.OwnerWins && key.Owner is null, "/owner", "owner_missing", "Keys whose owner wins have one: give owner.");
        fault(key.Owner is not null && !Names.IsValid(key.Owner), "/owner", "invalid_name", "An owner is the name of an agent or caller.");
        fault(resolution == ConflictResolution.Priority && key.Priority.IsDefaultOrEmpty, "/priority", "priority_missing", "Keys that go by rank list the writers, highest first: give priority.");
        fault(key.ValidFor <= TimeSpan.Zero, "/valid_for_ms", "not_positive", "A value is valid for 1 ms or more.");
        fault(key.StalenessThreshold < TimeSpan.Zero, "/staleness_threshold_ms", "negative", "A threshold is 0 or more.");
        if (key.Priority.IsDefaultOrEmpty) return;
        fault(key.Priority.Length > RanksMax, "/priority", "too_many", $"At most {RanksMax} writers have a rank.");
        for (var i = 0; i < key.Priority.Length; i++)
        {
            fault(!Names.IsValid(key.Priority[i]), $"/priority/{i}", "invalid_name", "A rank belongs to the name of an agent or caller.");
            fault(key.Priority.IndexOf(key.Priority[i]) < i, $"/priority/{i}", "duplicate_name", "The writer has a rank already.");
        }
    }

    private static string Escaped(KeyPattern pattern) =>
        pattern.Value.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
