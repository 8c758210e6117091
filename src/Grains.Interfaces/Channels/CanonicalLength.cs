using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Channels;

/// <summary>How many canonical bytes something holds in memory: what byte bounds count.</summary>
internal static class CanonicalLength
{
    public static long Of(Change change)
    {
        var bytes = 0L;
        foreach (var write in change.Writes) bytes += write.Key.Value.Length + (write.Value?.Length ?? 0);
        return bytes;
    }

    public static long Of(ChannelNotice notice) => notice.Type.Length + notice.Body.Length;

    public static long Of(ChannelUpdate update)
    {
        var bytes = 0L;
        foreach (var change in update.Changes ?? ImmutableArray<Change>.Empty) bytes += Of(change);
        foreach (var notice in update.Notices) bytes += Of(notice);
        return bytes;
    }
}
