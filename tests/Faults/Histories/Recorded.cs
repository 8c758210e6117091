using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Histories;

/// <summary>The product's values as a history has them. A value written here is a JSON text that begins with its operation: that is how a commit is known again.</summary>
internal static class Recorded
{
    /// <summary>The value that an operation gives to a key.</summary>
    public static string Value(string operation, string key) => $"\"{operation} {key}\"";

    public static ImmutableArray<Entry> Entries(IEnumerable<ContextWrite> writes) => [.. writes.Select(write => new Entry(write.Key.Value, write.Value?.ToString()))];

    public static LogEntry Commit(Change change) => Commit(change.Version.Number, Entries(change.Writes));

    /// <param name="version">The version.</param>
    /// <param name="writes">What it wrote; at least one value.</param>
    public static LogEntry Commit(long version, ImmutableArray<Entry> writes)
    {
        var value = writes.FirstOrDefault(entry => entry.Value is not null).Value ?? "\"\"";
        return new(version, value[1..^1].Split(' ')[0], writes);
    }

    public static StateHash Content(ContextView view) =>
        view.Entries.Aggregate(StateHash.Empty, (state, entry) => state.With(entry.Key.Value, entry.Value.ToString(), entry.Version.Number));
}
