namespace Rosud.Histories;

/// <summary>Nothing acknowledged is lost, nothing is there twice, nothing comes from nowhere.</summary>
internal static class LogCheck
{
    public static IEnumerable<Violation> Check(ChannelHistory history, DecidedOrder log)
    {
        foreach (var violation in Dense(log)) yield return violation;
        var asked = history.Writes.ToDictionary(write => write.Operation);
        var done = new HashSet<string>();
        foreach (var violation in log.Entries.SelectMany(entry => Entry(entry, asked, done, log))) yield return violation;
        foreach (var write in history.Writes)
        {
            if (write.Told == Told.Accepted && Accepted(write, log) is { } lost) yield return lost;
            if (write.Told is Told.Refused or Told.Stale && log.Find(write.Operation) is { } there)
            {
                yield return new(Broken.RefusedButDone, $"The {write} was refused, and it is version {there.Version}.");
            }
        }
    }

    private static IEnumerable<Violation> Dense(DecidedOrder log)
    {
        var expected = 1L;
        foreach (var entry in log.Entries)
        {
            if (entry.Version != expected) yield return new(Broken.NotDense, $"The log has version {entry.Version} where {expected} follows.");
            expected = entry.Version + 1;
        }
    }

    private static IEnumerable<Violation> Entry(LogEntry entry, Dictionary<string, WriteOperation> asked, HashSet<string> done, DecidedOrder log)
    {
        if (!done.Add(entry.Operation))
        {
            yield return new(Broken.Repeated, $"The operation {entry.Operation} is version {log.Find(entry.Operation)!.Version} and version {entry.Version}.");
        }

        if (!asked.TryGetValue(entry.Operation, out var write)) yield return new(Broken.Invented, $"Version {entry.Version} is the operation {entry.Operation}, which nobody asked for.");
        else if (!SameEntries.Are(write.Writes, entry.Writes))
        {
            yield return new(Broken.Altered, $"The {write} asked for {string.Join(", ", write.Writes)}, and version {entry.Version} is {string.Join(", ", entry.Writes)}.");
        }
    }

    private static Violation? Accepted(WriteOperation write, DecidedOrder log)
    {
        if (log.Find(write.Operation) is not { } there)
        {
            return new(Broken.Lost, log.At(write.Version) is { } other
                ? $"The {write} was acknowledged as version {write.Version}; that version is {other.Operation}, and the log has the write nowhere."
                : $"The {write} was acknowledged as version {write.Version}; the log ends at {log.Head} and has the write nowhere.");
        }

        return log.At(write.Version)?.Operation == write.Operation
            ? null
            : new(Broken.Moved, $"The {write} was acknowledged as version {write.Version}, and it is version {there.Version}.");
    }
}

/// <summary>Compares what was asked with what was done, whatever the order of the keys.</summary>
internal static class SameEntries
{
    public static bool Are(IReadOnlyCollection<Entry> asked, IReadOnlyCollection<Entry> done) =>
        asked.Count == done.Count && asked.OrderBy(entry => entry.Key, StringComparer.Ordinal).SequenceEqual(done.OrderBy(entry => entry.Key, StringComparer.Ordinal));
}
