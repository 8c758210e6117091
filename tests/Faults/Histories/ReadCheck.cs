namespace Rosud.Histories;

/// <summary>A read shows a prefix of the log, whole, and no session ever goes back.</summary>
internal static class ReadCheck
{
    public static IEnumerable<Violation> Check(ChannelHistory history, DecidedOrder log)
    {
        foreach (var read in history.Reads)
        {
            if (log.StateAt(read.Version) is not { } state) yield return new(Broken.ReadAhead, $"The log has no version for the {read}: it ends at {log.Head}.");
            else if (state != read.Content) yield return new(Broken.WrongContent, $"The {read} showed {read.Content}; the context of that version is {state}.");
            if (read.Version < read.MinVersion) yield return new(Broken.WentBack, $"The {read} asked for version {read.MinVersion} at least.");
        }

        foreach (var violation in history.Reads.Select(read => read.Session).Distinct().SelectMany(session => Session(history, session))) yield return violation;
    }

    // A session does one thing at a time, so the order of its answers is the order in which it did them.
    private static IEnumerable<Violation> Session(ChannelHistory history, int session)
    {
        var seen = 0L;
        object? by = null;
        var answers = history.Reads.Where(read => read.Session == session).Select(read => (read.Answered, read.Version, Read: (ReadOperation?)read, What: (object)read))
            .Concat(history.Writes.Where(write => write.Session == session && write.Told == Told.Accepted).Select(write => (write.Answered, write.Version, (ReadOperation?)null, (object)write)));
        foreach (var (_, version, read, what) in answers.OrderBy(answer => answer.Answered))
        {
            if (read is { IsPlain: false } && version < seen) yield return new(Broken.WentBack, $"The {read} came after the {by}, which had shown it version {seen}.");
            if (version > seen) (seen, by) = (version, what);
        }
    }
}
