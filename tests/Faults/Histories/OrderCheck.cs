namespace Rosud.Histories;

/// <summary>Real time: what had ended before something began comes before it. Strictly for writes; a read may show the same version again.</summary>
internal static class OrderCheck
{
    public static IEnumerable<Violation> Check(ChannelHistory history, DecidedOrder log)
    {
        var known = new KnownVersions(history, log);
        foreach (var write in history.Writes.OrderBy(write => write.Invoked))
        {
            // Also one that nobody knows the end of was not done before it was asked for.
            if (log.Find(write.Operation) is { } done && known.Before(write.Invoked) is { } before && before.Version >= done.Version)
            {
                yield return new(Broken.OutOfOrder, $"The {write} began after the {before.What} had shown version {before.Version}, and it is version {done.Version}.");
            }
        }

        known.Rewind();
        foreach (var read in history.Reads.Where(read => !read.IsPlain).OrderBy(read => read.Invoked))
        {
            if (known.Before(read.Invoked) is { } before && before.Version > read.Version)
            {
                yield return new(Broken.StaleRead, $"The {read} began after the {before.What} had shown version {before.Version}.");
            }
        }

        known.Rewind();
        foreach (var read in history.Reads.Where(read => read.IsPlain).OrderBy(read => read.Invoked))
        {
            if (known.Before(read.Invoked - HistoryChecker.PlainBehindMax) is { } before && before.Version > read.Version)
            {
                yield return new(Broken.StaleRead, $"The {read} began more than {HistoryChecker.PlainBehindMax.TotalSeconds:0.#} s after the {before.What} had shown version {before.Version}.");
            }
        }
    }

    /// <summary>The highest version that any answer had shown by some time. Asked in the order of time.</summary>
    private sealed class KnownVersions(ChannelHistory history, DecidedOrder log)
    {
        private readonly List<(TimeSpan At, long Version, object What)> _answers =
        [
            .. history.Writes.Where(write => write.Told == Told.Accepted)
                .Select(write => (write.Answered, Version: log.Find(write.Operation)?.Version ?? write.Version, What: (object)write))
                .Concat(history.Reads.Select(read => (read.Answered, read.Version, What: (object)read)))
                .OrderBy(answer => answer.Answered),
        ];

        private int _next;
        private (long Version, object What)? _highest;

        public void Rewind() => (_next, _highest) = (0, null);

        public (long Version, object What)? Before(TimeSpan time)
        {
            for (; _next < _answers.Count && _answers[_next].At < time; _next++)
            {
                if (_highest is null || _answers[_next].Version > _highest.Value.Version) _highest = (_answers[_next].Version, _answers[_next].What);
            }

            return _highest;
        }
    }
}
