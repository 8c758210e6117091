namespace Rosud.Histories;

/// <summary>The same rules as they read, every pair of things against each other.</summary>
internal static class SlowChecker
{
    public static IEnumerable<Broken> Check(ChannelHistory history) => All(history).Distinct().Order();

    public static StateHash StateAt(IEnumerable<LogEntry> log, long version)
    {
        var live = new Dictionary<string, (string Value, long Version)>();
        foreach (var entry in log.TakeWhile(entry => entry.Version <= version))
        {
            foreach (var (key, value) in entry.Writes)
            {
                if (value is null) live.Remove(key);
                else live[key] = (value, entry.Version);
            }
        }

        return live.Aggregate(StateHash.Empty, (state, pair) => state.With(pair.Key, pair.Value.Value, pair.Value.Version));
    }

    private static IEnumerable<Broken> All(ChannelHistory history) =>
        [.. Log(history), .. history.Writes.SelectMany(write => Write(history, write)), .. history.Reads.SelectMany(read => Read(history, read)), .. history.Listeners.SelectMany(listener => Listener(history, listener))];

    private static long End(ChannelHistory history) => history.Log.IsEmpty ? 0 : history.Log[^1].Version;

    private static IEnumerable<Broken> Log(ChannelHistory history)
    {
        for (var i = 0; i < history.Log.Length; i++)
        {
            var entry = history.Log[i];
            if (entry.Version != (i == 0 ? 1 : history.Log[i - 1].Version + 1)) yield return Broken.NotDense;
            if (history.Log.Take(i).Any(other => other.Operation == entry.Operation)) yield return Broken.Repeated;
            var asked = history.Writes.SingleOrDefault(write => write.Operation == entry.Operation);
            if (asked is null) yield return Broken.Invented;
            else if (!asked.Writes.ToHashSet().SetEquals(entry.Writes)) yield return Broken.Altered;
        }
    }

    private static IEnumerable<Broken> Write(ChannelHistory history, WriteOperation write)
    {
        var done = history.Log.FirstOrDefault(entry => entry.Operation == write.Operation);
        if (write.Told == Told.Accepted && done is null) yield return Broken.Lost;
        if (write.Told == Told.Accepted && done is not null && history.Log.FirstOrDefault(entry => entry.Version == write.Version)?.Operation != write.Operation) yield return Broken.Moved;
        if (write.Told is Told.Refused or Told.Stale && done is not null) yield return Broken.RefusedButDone;
        if (done is not null && Shown(history, write.Invoked).Any(version => version >= done.Version)) yield return Broken.OutOfOrder;
        if (write.BasedOn is not { } basedOn) yield break;
        if (write.Told == Told.Stale && !history.Log.Any(entry => entry.Version > basedOn && entry.Version <= write.Version && entry.Writes.Any(written => write.Reads.Contains(written.Key))))
        {
            yield return Broken.RefusedFresh;
        }

        if (done is not null && write.Reads.Any(key => Value(history, key, basedOn) != Value(history, key, done.Version - 1))) yield return Broken.AcceptedStale;
    }

    private static IEnumerable<Broken> Read(ChannelHistory history, ReadOperation read)
    {
        if (read.Version != 0 && history.Log.All(entry => entry.Version != read.Version)) yield return Broken.ReadAhead;
        else if (StateAt(history.Log, read.Version) != read.Content) yield return Broken.WrongContent;
        if (Shown(history, read.IsPlain ? read.Invoked - TimeSpan.FromSeconds(1) : read.Invoked).Any(version => version > read.Version)) yield return Broken.StaleRead;
        var own = history.Reads.Where(other => other.Session == read.Session && other.Answered < read.Answered).Select(other => other.Version)
            .Concat(history.Writes.Where(other => other.Session == read.Session && other.Told == Told.Accepted && other.Answered < read.Answered).Select(other => other.Version));
        if (read.Version < read.MinVersion || (!read.IsPlain && own.Any(version => version > read.Version))) yield return Broken.WentBack;
    }

    private static IEnumerable<long> Shown(ChannelHistory history, TimeSpan before) =>
        history.Reads.Where(read => read.Answered < before).Select(read => read.Version).Concat(history.Writes
            .Where(write => write.Told == Told.Accepted && write.Answered < before)
            .Select(write => history.Log.FirstOrDefault(entry => entry.Operation == write.Operation)?.Version ?? write.Version));

    private static string? Value(ChannelHistory history, string key, long version) =>
        history.Log.Where(entry => entry.Version <= version).SelectMany(entry => entry.Writes).LastOrDefault(entry => entry.Key == key).Value;

    private static IEnumerable<Broken> Listener(ChannelHistory history, ListenerHistory listener)
    {
        var last = listener.After;
        var told = new List<long>();
        foreach (var item in listener.Items)
        {
            if (item is Heard.Gap gap)
            {
                if (gap.After != last || gap.Version < last || gap.Version > End(history)) yield return Broken.WrongGap;
                last = Math.Max(last, gap.Version);
            }
            else if (item is Heard.Commit commit)
            {
                var entry = history.Log.FirstOrDefault(entry => entry.Version == commit.Version);
                if (entry is null) yield return Broken.ToldInvented;
                else if (told.Contains(commit.Version)) yield return Broken.ToldTwice;
                else if (commit.Version <= last) yield return Broken.ToldLate;
                else if (commit.Version != last + 1) yield return Broken.Skipped;
                else if (!entry.Writes.ToHashSet().SetEquals(commit.Writes)) yield return Broken.Torn;
                told.Add(commit.Version);
                last = Math.Max(last, commit.Version);
            }
        }

        if (listener.IsWhole && last < End(history)) yield return Broken.Unfinished;
    }
}
