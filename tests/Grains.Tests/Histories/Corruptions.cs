using System.Collections.Immutable;

namespace Rosud.Histories;

/// <summary>Every way in which a good history can be made bad, and what a checker must say of it. Null where a history has nothing to spoil.</summary>
internal static class Corruptions
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    public static readonly ImmutableArray<(Broken Kind, string Name, Func<ChannelHistory, Random, ChannelHistory?> Spoil)> All =
    [
        (Broken.Lost, "an acknowledged write is gone", (history, random) => Accepted(history, random) is { } write ? history with { Log = Numbered(history.Log.Where(entry => entry.Version != write.Version)) } : null),
        (Broken.Lost, "the last write is gone", (history, _) => Last(history) is { Told: Told.Accepted } ? history with { Log = history.Log[..^1] } : null),
        (Broken.Moved, "two acknowledged writes changed places", Swapped),
        (Broken.NotDense, "a version is left out", (history, random) => history.Log.Length > 1 ? history with { Log = history.Log.RemoveAt(random.Next(history.Log.Length - 1)) } : null),
        (Broken.NotDense, "a version is there twice", (history, random) => history.Log.Length > 0 && random.Next(history.Log.Length) is var at ? history with { Log = history.Log.Insert(at, history.Log[at]) } : null),
        (Broken.Repeated, "an operation was done again", (history, random) => Some(history.Log, random) is { } entry ? history with { Log = history.Log.Add(entry with { Version = history.Log.Length + 1 }) } : null),
        (Broken.Invented, "a write comes from nowhere", (history, _) => history with { Log = history.Log.Add(new(history.Log.Length + 1, "nobody's", [new("a", "1")])) }),
        (Broken.Altered, "a value is another", (history, random) => Some(history.Log, random) is { } entry ? history with { Log = history.Log.Replace(entry, entry with { Writes = [entry.Writes[0] with { Value = "\"other\"" }, .. entry.Writes[1..]] }) } : null),
        (Broken.Altered, "half of a write is there", (history, random) => Some(history.Log.Where(entry => entry.Writes.Length > 1), random) is { } entry ? history with { Log = history.Log.Replace(entry, entry with { Writes = entry.Writes[1..] }) } : null),
        (Broken.RefusedButDone, "a refused write was done", (history, random) => Some(history.Writes.Where(write => write.Told is Told.Refused or Told.Stale), random) is { } write ? history with { Log = history.Log.Add(new(history.Log.Length + 1, write.Operation, write.Writes)) } : null),
        (Broken.OutOfOrder, "a write was done before it was asked for", (history, random) => Some(history.Writes.Where(write => write.Told == Told.Accepted && write.Version < history.Log.Length && history.Writes.Any(other => other.Told == Told.Accepted && other.Version > write.Version)), random) is { } write ? history with { Writes = history.Writes.Replace(write, write with { Invoked = Later(history), Answered = Later(history) }) } : null),
        (Broken.StaleRead, "a read shows what is long gone", (history, random) => OldRead(history, random, plain: false)),
        (Broken.StaleRead, "a plain read is too far behind", (history, random) => OldRead(history, random, plain: true)),
        (Broken.ReadAhead, "a read shows what never was", (history, random) => Some(history.Reads, random) is { } read ? history with { Reads = history.Reads.Replace(read, read with { Version = history.Log.Length + 1 }) } : null),
        (Broken.WrongContent, "a read misses an entry", (history, random) => Some(history.Reads, random) is { } read ? history with { Reads = history.Reads.Replace(read, read with { Content = read.Content.With("z", "1", 1) }) } : null),
        (Broken.WentBack, "a session sees less than it did", (history, random) => Some(history.Reads.Where(read => !read.IsPlain && read.Version > 0), random) is { } read ? history with { Reads = history.Reads.Add(read with { Invoked = Later(history), Answered = Later(history), Version = read.Version - 1, Content = SlowChecker.StateAt(history.Log, read.Version - 1) }) } : null),
        (Broken.WentBack, "a read is older than it asked for", (history, random) => Some(history.Reads, random) is { } read ? history with { Reads = history.Reads.Replace(read, read with { MinVersion = read.Version + 1 }) } : null),
        (Broken.AcceptedStale, "a stale write was accepted", Stale),
        (Broken.RefusedFresh, "a fresh write was refused as stale", (history, random) => Some(history.Writes.Where(write => write.Told == Told.Stale), random) is { } write ? history with { Writes = history.Writes.Replace(write, write with { BasedOn = write.Version }) } : null),
        (Broken.Skipped, "a listener misses a commit", (history, random) => Edited(history, random, items => Some(items.SkipLast(1).OfType<Heard.Commit>(), random) is { } commit && items[items.IndexOf(commit) + 1] is Heard.Commit ? items.Remove(commit) : null)),
        (Broken.ToldTwice, "a listener is told a commit twice", (history, random) => Edited(history, random, items => Some(items.OfType<Heard.Commit>(), random) is { } commit ? items.Insert(random.Next(items.IndexOf(commit) + 1, items.Length + 1), commit) : null)),
        (Broken.ToldLate, "a listener is told two commits in the wrong order", (history, random) => Edited(history, random, items => random.Next(1, Math.Max(2, items.Length)) is var at && at < items.Length && items[at] is Heard.Commit && items[at - 1] is Heard.Commit ? items.SetItem(at, items[at - 1]).SetItem(at - 1, items[at]) : null)),
        (Broken.Torn, "a listener is told another value", (history, random) => Edited(history, random, items => Some(items.OfType<Heard.Commit>(), random) is { } commit ? items.Replace(commit, commit with { Writes = [commit.Writes[0] with { Value = "\"other\"" }, .. commit.Writes[1..]] }) : null)),
        (Broken.Torn, "a listener is told half a commit", (history, random) => Edited(history, random, items => Some(items.OfType<Heard.Commit>().Where(commit => commit.Writes.Length > 1), random) is { } commit ? items.Replace(commit, commit with { Writes = commit.Writes[1..] }) : null)),
        (Broken.ToldInvented, "a listener is told what never was", (history, random) => Edited(history, random, items => items.Add(new Heard.Commit(history.Log.Length + 1, [])))),
        (Broken.WrongGap, "a gap names too little", (history, random) => Edited(history, random, items => Some(items.OfType<Heard.Gap>(), random) is { } gap ? items.Replace(gap, gap with { After = gap.After + 1 }) : null)),
        (Broken.WrongGap, "a gap names too much", (history, random) => Edited(history, random, items => Some(items.OfType<Heard.Gap>(), random) is { } gap ? items.Replace(gap, gap with { Version = history.Log.Length + 1 }) : null)),
        (Broken.Skipped, "a gap is not told", (history, random) => Edited(history, random, items => Some(items.SkipLast(1).OfType<Heard.Gap>().Where(gap => gap.Version > gap.After), random) is { } gap && items[items.IndexOf(gap) + 1] is Heard.Commit ? items.Remove(gap) : null)),
        (Broken.Unfinished, "a listener is not told the end", (history, random) => Edited(history, random, items => items is [.., Heard.Commit] ? items[..^1] : null)),
    ];

    // A session does one thing at a time: no two things of it end together.
    private static TimeSpan Later(ChannelHistory history) => Long + TimeSpan.FromSeconds(history.Reads.Length);

    private static T? Some<T>(IEnumerable<T> things, Random random)
        where T : class
    {
        var all = things.ToList();
        return all.Count == 0 ? null : all[random.Next(all.Count)];
    }

    private static WriteOperation? Accepted(ChannelHistory history, Random random) => Some(history.Writes.Where(write => write.Told == Told.Accepted), random);

    private static WriteOperation? Last(ChannelHistory history) => history.Log.IsEmpty ? null : history.Writes.Single(write => write.Operation == history.Log[^1].Operation);

    private static ImmutableArray<LogEntry> Numbered(IEnumerable<LogEntry> log) => [.. log.Select((entry, index) => entry with { Version = index + 1 })];

    private static ChannelHistory? Swapped(ChannelHistory history, Random random)
    {
        if (Accepted(history, random) is not { } one || Accepted(history, random) is not { } other || one == other) return null;
        var (first, second) = (history.Log[(int)one.Version - 1], history.Log[(int)other.Version - 1]);
        return history with { Log = history.Log.SetItem((int)one.Version - 1, second with { Version = one.Version }).SetItem((int)other.Version - 1, first with { Version = other.Version }) };
    }

    private static ChannelHistory? OldRead(ChannelHistory history, Random random, bool plain)
    {
        if (Accepted(history, random) is not { } write) return null;
        var read = new ReadOperation(99, write.Answered + TimeSpan.FromMilliseconds(plain ? 1_001 : 1), Later(history), write.Version - 1, SlowChecker.StateAt(history.Log, write.Version - 1)) { IsPlain = plain };
        return history with { Reads = history.Reads.Add(read) };
    }

    private static ChannelHistory? Stale(ChannelHistory history, Random random)
    {
        if (Some(history.Writes.Where(write => write.Told == Told.Accepted && write.Version > 1), random) is not { } write) return null;
        var before = history.Log[(int)write.Version - 2];
        var changed = before.Writes.FirstOrDefault(entry => entry.Value is not null);
        return changed.Key is null ? null : history with { Writes = history.Writes.Replace(write, write with { BasedOn = before.Version - 1, Reads = [changed.Key] }) };
    }

    private static ChannelHistory? Edited(ChannelHistory history, Random random, Func<ImmutableArray<Heard>, ImmutableArray<Heard>?> edit)
    {
        if (Some(history.Listeners.Where(listener => listener.IsWhole), random) is not { } listener) return null;
        return edit(listener.Items) is { } items ? history with { Listeners = history.Listeners.Replace(listener, listener with { Items = items }) } : null;
    }
}
