using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Channels;

/// <summary>What a channel publishes on its stream: the commits between two versions, and notices beside them.</summary>
/// <remarks>
/// May be lost, repeated or late. A listener at version v applies it when <see cref="From"/> is v and <see cref="Changes"/>
/// is not left out, ignores it when <see cref="To"/> is not after v, and else reads the changes it misses from the channel.
/// </remarks>
[GenerateSerializer, Immutable, Alias("rosud.channel-update")]
public sealed record ChannelUpdate(
    [property: Id(0)] ContextVersion From,
    [property: Id(1)] ContextVersion To,
    [property: Id(2)] long Epoch)
{
    /// <summary>The commits after <see cref="From"/> up to <see cref="To"/>; null when they are too large to push, or when this only announces the head.</summary>
    [Id(3)] public ImmutableArray<Change>? Changes { get; init; }

    /// <summary>Other things that happened in the channel.</summary>
    [Id(4)] public ImmutableArray<ChannelNotice> Notices { get; init; } = [];

    /// <summary>The channel was deleted: nothing more will come.</summary>
    [Id(5)] public bool Deleted { get; init; }
}

/// <summary>Something that happened in a channel and is no commit: <c>stale</c>, <c>conflict</c>, <c>run</c>, <c>assignment</c> or <c>breaker</c>.</summary>
/// <param name="Version">The channel's head when it happened.</param>
/// <param name="Number">Grows with each notice of the channel, also over activations; not dense.</param>
/// <param name="Type">The event's type.</param>
/// <param name="At">When.</param>
/// <param name="Body">What, as JSON.</param>
[GenerateSerializer, Immutable, Alias("rosud.channel-notice")]
public sealed record ChannelNotice(
    [property: Id(0)] ContextVersion Version,
    [property: Id(1)] long Number,
    [property: Id(2)] string Type,
    [property: Id(3)] DateTimeOffset At,
    [property: Id(4)] JsonValue Body);

/// <summary>Where a channel's updates are published.</summary>
public static class ChannelUpdates
{
    /// <summary>The stream provider.</summary>
    public const string Provider = "rosud";

    /// <summary>The stream namespace; the stream's key is the channel's grain key.</summary>
    public const string Namespace = "rosud.channel";
}
