namespace Rosud.Histories;

/// <summary>Nothing is accepted that relied on what had changed, and nothing is refused for a change that was not.</summary>
internal static class RelianceCheck
{
    public static IEnumerable<Violation> Check(ChannelHistory history, DecidedOrder log)
    {
        foreach (var write in history.Writes)
        {
            if (write.BasedOn is not { } basedOn || write.Reads.IsEmpty) continue;
            if (write.Told == Told.Stale && !write.Reads.Any(key => log.NextChange(key, basedOn) <= write.Version))
            {
                yield return new(Broken.RefusedFresh, $"The {write} relied on {string.Join(", ", write.Reads)} as of version {basedOn} and was refused at version {write.Version}; none of them had changed.");
            }

            // One that nobody knows the end of must not have been accepted either.
            if (log.Find(write.Operation) is not { } done) continue;
            foreach (var key in write.Reads)
            {
                if (log.ValueAt(key, basedOn) == log.ValueAt(key, done.Version - 1)) continue;
                yield return new(
                    Broken.AcceptedStale, $"The {write} relied on {key} as of version {basedOn}; version {log.NextChange(key, basedOn)} changed it, and the write was accepted as version {done.Version}.");
            }
        }
    }
}
