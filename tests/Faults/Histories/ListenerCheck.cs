namespace Rosud.Histories;

/// <summary>A listener is told each commit once, in order and whole, or told exactly what it was not told.</summary>
internal static class ListenerCheck
{
    public static IEnumerable<Violation> Check(ListenerHistory listener, DecidedOrder log)
    {
        var told = new HashSet<long>();
        var last = listener.After;
        foreach (var item in listener.Items)
        {
            var violation = item switch
            {
                Heard.Commit commit => Commit(listener, commit, last, told, log),
                Heard.Gap gap => Gap(listener, gap, last, log),
                _ => null,
            };
            if (violation is not null) yield return violation;
            if (item is Heard.Commit { Version: var version })
            {
                told.Add(version);
                last = Math.Max(last, version);
            }
            else if (item is Heard.Gap { Version: var version2 }) last = Math.Max(last, version2);
        }

        if (listener.IsWhole && last < log.Head)
        {
            yield return new(Broken.Unfinished, $"{listener.Name} was told nothing after version {last}, and the log ends at {log.Head}.");
        }
    }

    private static Violation? Commit(ListenerHistory listener, Heard.Commit commit, long last, HashSet<long> told, DecidedOrder log)
    {
        if (log.At(commit.Version) is not { } entry) return new(Broken.ToldInvented, $"{listener.Name} was told version {commit.Version}, which the log does not have.");
        if (told.Contains(commit.Version)) return new(Broken.ToldTwice, $"{listener.Name} was told version {commit.Version} twice.");
        if (commit.Version <= last) return new(Broken.ToldLate, $"{listener.Name} was told version {commit.Version} after version {last}.");
        if (commit.Version > last + 1)
        {
            return new(Broken.Skipped, $"{listener.Name} was told version {commit.Version} after version {last}: {Range(last + 1, commit.Version - 1)} missing, and there was no gap.");
        }

        return SameEntries.Are(commit.Writes, entry.Writes)
            ? null
            : new(Broken.Torn, $"{listener.Name} was told that version {commit.Version} is {string.Join(", ", commit.Writes)}; it is {string.Join(", ", entry.Writes)}.");
    }

    private static Violation? Gap(ListenerHistory listener, Heard.Gap gap, long last, DecidedOrder log) =>
        gap.After == last && gap.Version >= gap.After && gap.Version <= log.Head
            ? null
            : new(Broken.WrongGap, $"{listener.Name} had version {last} and was told of a gap after {gap.After} up to {gap.Version}; the log ends at {log.Head}.");

    private static string Range(long first, long last) => first == last ? $"{first} is" : $"{first} to {last} are";
}
