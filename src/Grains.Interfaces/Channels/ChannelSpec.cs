using System.Collections.Immutable;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>What a caller chooses when making a channel.</summary>
[GenerateSerializer, Immutable, Alias("rosud.channel-spec")]
public sealed record ChannelSpec
{
    /// <summary>The network whose policy holds and where metrics add up.</summary>
    [Id(0)] public string Network { get; init; } = NetworkId.DefaultName;

    /// <summary>The agents that work here, by name; they need not be registered yet. At most 1,000, each once.</summary>
    [Id(1)] public ImmutableArray<string> Agents { get; init; } = [];

    /// <summary>How the context is kept in step.</summary>
    [Id(2)] public ContextSync Sync { get; init; } = new();
}

/// <summary>A channel as it is now.</summary>
[GenerateSerializer, Immutable, Alias("rosud.channel-view")]
public sealed record ChannelView(
    [property: Id(0)] ChannelId Id,
    [property: Id(1)] ChannelSpec Spec,
    [property: Id(2)] ContextVersion Version,
    [property: Id(3)] DateTimeOffset CreatedAt);

/// <summary>The answer to making, changing, describing or deleting a channel.</summary>
[GenerateSerializer, Immutable, Alias("rosud.channel-outcome")]
public abstract record ChannelOutcome
{
    private ChannelOutcome() { }

    /// <summary>The channel is there. <paramref name="Made"/> is true when this call made it.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.channel-found")]
    public sealed record Found([property: Id(0)] ChannelView Channel, [property: Id(1)] bool Made) : ChannelOutcome
    {
        /// <summary>This call did nothing: it is the answer that the same operation got before.</summary>
        [Id(2)] public bool IsReplay { get; init; }
    }

    /// <summary>The channel was deleted by this call or before.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.channel-deleted")]
    public sealed record Deleted : ChannelOutcome;

    /// <summary>Nothing was done.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.channel-refused")]
    public sealed record Refused([property: Id(0)] Problem Problem) : ChannelOutcome;
}
