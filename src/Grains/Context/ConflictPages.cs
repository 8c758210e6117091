using System.Collections.Immutable;

namespace Rosud.Context;

/// <summary>Cuts the open conflicts of a channel into pages.</summary>
internal static class ConflictPages
{
    private const long BytesMax = 1024 * 1024;

    /// <summary>At most <paramref name="limit"/> conflicts after a number, and no more than about 1 MiB unless one alone is larger.</summary>
    public static ConflictsOutcome.Found Of(ContextLog log, long after, int limit)
    {
        var page = ImmutableArray.CreateBuilder<OpenConflict>();
        var bytes = 0L;
        foreach (var parked in log.Parked.After(after))
        {
            var current = log.Find(parked.Write.Key);
            bytes += ParkedWrites.SizeOf(parked) + (current is null ? 0 : ContextLog.SizeOf(current));
            if (page.Count == limit || (page.Count > 0 && bytes > BytesMax)) return new(page.ToImmutable(), page[^1].Parked.Number, log.Head);
            page.Add(new(parked, current));
        }

        return new(page.ToImmutable(), null, log.Head);
    }
}
