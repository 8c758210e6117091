using Rosud.Context;
using Rosud.Journal;

namespace Rosud.Channels;

/// <summary>
/// Gives an activation that part of the kept past back which it did not look through when it began, once somebody comes whose basis lies there: page by page,
/// newest first, beside the commits and between them. Runs on its grain's scheduler.
/// </summary>
internal sealed class Recollection(IJournal journal, CommitLoop loop, TimeProvider clock, Action<Exception> faulted)
{
    /// <summary>How long a patch waits for it. After that it is judged by what is known, on the safe side.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(2);

    private const int PageVersions = 100;
    private const int WritesAtOnce = 1_000;

    private Task _working = Task.CompletedTask;
    private long _wanted = long.MaxValue;

    /// <summary>Reaches to what a patch is based on, if that has anything to do with how it is judged.</summary>
    public ValueTask Reach(ContextPatch patch) =>
        patch.BasedOn is { } seen && IsMissing(loop.Durable, seen.Number) && IsUncertain(loop.Durable.Log, patch, seen) ? Reach(seen) : default;

    /// <summary>Completes when changes after <paramref name="version"/> are known, or will not be, or it took too long.</summary>
    public async ValueTask Reach(ContextVersion version)
    {
        if (!IsMissing(loop.Durable, version.Number)) return;
        _wanted = Math.Min(_wanted, version.Number);
        if (_working.IsCompleted) _working = Work();
        await ((Task)_working.WaitAsync(WaitMax, clock)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    // A key that was not written since is what it was.
    private static bool IsUncertain(ContextLog log, ContextPatch patch, ContextVersion seen) =>
        (!patch.Reads.IsDefault && patch.Reads.Any(read => !read.IsExact || IsUncertain(log, new ContextKey(read.Value), seen))) || patch.Writes.Any(write => IsUncertain(log, write.Key, seen));

    private static bool IsUncertain(ContextLog log, ContextKey key, ContextVersion seen) => log.Find(key) is not { } entry || entry.Version > seen;

    // What is older than the kept history counts as changed (SEMANTICS C3), and the memory has its bounds (C15).
    private bool IsMissing(ChannelState state, long version) => state.Record is { DeletedAt: null } record
        && state.Log.RememberedFrom.Number > version && version >= ContextHistory.Oldest(journal, record.Base) - 1
        && state.Log.Memory.HasRoom(state.Log.Head, 1, state.Log.Limits);

    private async Task Work()
    {
        try
        {
            while (IsMissing(loop.Durable, _wanted) && await Page(loop.Durable)) { }
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            faulted(fault);   // A patch is judged by what is known: on the safe side.
        }

        _wanted = long.MaxValue;
    }

    // Says whether there may be more.
    private async Task<bool> Page(ChannelState state)
    {
        var (versionBase, end) = (state.Record!.Base, state.Log.RememberedFrom.Number);
        var start = Math.Max(end - PageVersions, ContextHistory.Oldest(journal, versionBase) - 1);
        var entries = await journal.History(versionBase + start, (int)(end - start));
        while (entries.Count > 0)
        {
            var writes = 0;
            var some = entries.Reverse().TakeWhile((entry, i) => (writes += entry.Changes.Length) <= WritesAtOnce || i == 0).Reverse().ToList();
            var past = some.Select(entry => (state.Codec.ChangeOf(entry, versionBase)!, state.Codec.EntriesBefore(entry))).ToList();
            if (!await loop.Decide(draft => draft.Remember(past))) return false;
            entries = [.. entries.Take(entries.Count - some.Count)];
        }

        return loop.Durable.Log.RememberedFrom.Number < end;
    }
}
