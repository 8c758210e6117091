using System.Collections.Immutable;

namespace Rosud.Histories;

/// <summary>
/// Holds the history of a channel against what the platform promises. Each answer says its version, so the order is given and nothing has
/// to be searched: O(n log n).
/// </summary>
internal static class HistoryChecker
{
    /// <summary>How far behind a plain read may be.</summary>
    public static readonly TimeSpan PlainBehindMax = TimeSpan.FromSeconds(1);

    /// <summary>Everything that must never happen and did; empty when the history is good.</summary>
    public static ImmutableArray<Violation> Check(ChannelHistory history)
    {
        var log = new DecidedOrder(history.Log);
        return
        [
            .. LogCheck.Check(history, log),
            .. OrderCheck.Check(history, log),
            .. ReadCheck.Check(history, log),
            .. RelianceCheck.Check(history, log),
            .. history.Listeners.SelectMany(listener => ListenerCheck.Check(listener, log)),
            .. RunTwice(history),
        ];
    }

    private static IEnumerable<Violation> RunTwice(ChannelHistory history) =>
        from task in history.Runs.GroupBy(run => run.Task, StringComparer.Ordinal)
        let runs = task.Select(run => run.Run).Distinct(StringComparer.Ordinal).ToList()
        where runs.Count > 1
        select new Violation(Broken.RunTwice, $"The task {task.Key} is {runs.Count} runs: {string.Join(", ", runs)}.");
}

/// <summary>The final log, to look things up in.</summary>
internal sealed class DecidedOrder
{
    private readonly Dictionary<string, LogEntry> _operations = [];
    private readonly Dictionary<long, LogEntry> _versions = [];
    private readonly Dictionary<string, List<(long Version, string? Value)>> _keys = [];
    private readonly Dictionary<long, StateHash> _states = new() { [0] = StateHash.Empty };

    public DecidedOrder(ImmutableArray<LogEntry> entries)
    {
        Entries = entries;
        var state = StateHash.Empty;
        foreach (var entry in entries)
        {
            _operations.TryAdd(entry.Operation, entry);
            _versions.TryAdd(entry.Version, entry);
            foreach (var (key, value) in entry.Writes)
            {
                if (!_keys.TryGetValue(key, out var changes)) _keys[key] = changes = [];
                if (changes is [.., (var before, { } old)]) state = state.Without(key, old, before);
                if (value is not null) state = state.With(key, value, entry.Version);
                changes.Add((entry.Version, value));
            }

            _states[entry.Version] = state;
        }
    }

    public ImmutableArray<LogEntry> Entries { get; }

    /// <summary>The last version; 0 when nothing was ever committed.</summary>
    public long Head => Entries.IsEmpty ? 0 : Entries[^1].Version;

    public LogEntry? Find(string operation) => _operations.GetValueOrDefault(operation);

    public LogEntry? At(long version) => _versions.GetValueOrDefault(version);

    /// <summary>The content at a version that the log has, or at 0.</summary>
    public StateHash? StateAt(long version) => _states.TryGetValue(version, out var state) ? state : null;

    /// <summary>The value of a key at a version; null when it was absent.</summary>
    public string? ValueAt(string key, long version) =>
        _keys.TryGetValue(key, out var changes) && After(changes, version) is > 0 and var next ? changes[next - 1].Value : null;

    /// <summary>The first version after <paramref name="after"/> that wrote a key, or null.</summary>
    public long? NextChange(string key, long after) =>
        _keys.TryGetValue(key, out var changes) && After(changes, after) is var next && next < changes.Count ? changes[next].Version : null;

    // The index of the first change after a version.
    private static int After(List<(long Version, string? Value)> changes, long version)
    {
        var (low, high) = (0, changes.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (changes[middle].Version <= version) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
