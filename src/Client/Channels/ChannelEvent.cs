using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>Something that happened in a channel, as CloudEvents 1.0 has it.</summary>
internal sealed record ChannelEvent
{
    public const string Commit = "commit";
    public const string Gap = "gap";

    /// <summary>Everything a listener can ask for.</summary>
    public static IReadOnlyList<string> Types { get; } = [Commit, "stale", "conflict", "run", "assignment", "breaker", Gap];

    public string Specversion { get; } = "1.0";

    /// <summary>With the source it is unique.</summary>
    public required string Id { get; init; }

    /// <summary>The channel.</summary>
    public required string Source { get; init; }

    /// <summary><c>rosud.</c> and the event's name.</summary>
    public required string Type { get; init; }

    [Optional] public DateTimeOffset? Time { get; init; }

    public string Datacontenttype { get; } = "application/json";

    /// <summary>A commit, a gap, or the notice.</summary>
    public required object Data { get; init; }

    /// <summary>The event of a feed's item; null when the listener did not ask for its type. A gap is always told.</summary>
    public static ServerSentEvent? Of(ChannelId channel, FeedItem item, IReadOnlySet<string> types) => item switch
    {
        FeedItem.Commit { Change: var change } => types.Contains(Commit)
            ? Event(channel, Commit, EventPosition.Of(new(change.Version, null)), change.CommittedAt, ChangeBody.Of(change))
            : null,
        FeedItem.Notice { Body: var notice } => types.Contains(notice.Type) && Types.Contains(notice.Type)
            ? Event(channel, notice.Type, EventPosition.Of(new(notice.Version, notice.Number)), notice.At, notice.Body)
            : null,
        FeedItem.Gap gap => new(
            EventPosition.Of(new(gap.Head, null)), Gap, Envelope(channel, Gap, $"gap.{gap.After.Number}.{gap.Head.Number}", null, new GapBody(gap.After.Number, gap.Head.Number, gap.Reason))),
        _ => null,
    };

    private static ServerSentEvent Event(ChannelId channel, string type, string id, DateTimeOffset at, object data) =>
        new(id, type, Envelope(channel, type, id, at, data));

    private static ChannelEvent Envelope(ChannelId channel, string type, string id, DateTimeOffset? at, object data) =>
        new() { Id = id, Source = $"/v1/channels/{channel.Name}", Type = $"rosud.{type}", Time = at, Data = data };
}

/// <summary>What lies between could not be had: read a snapshot and go on from its version.</summary>
/// <param name="After">The last version the listener has.</param>
/// <param name="Version">Where the events go on.</param>
/// <param name="Reason"><c>compacted</c>, <c>slow</c>, <c>notices</c> (only notices may be missing) or <c>deleted</c>.</param>
internal sealed record GapBody(long After, long Version, string Reason);
