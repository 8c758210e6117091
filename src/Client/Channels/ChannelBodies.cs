using System.Collections.Immutable;
using Rosud.Networks;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>Makes a channel.</summary>
internal sealed record CreateChannelBody
{
    /// <summary>Left out, the server makes one: from the Idempotency-Key when there is one.</summary>
    [Name]
    public string? Id { get; init; }

    [Name]
    public string Network { get; init; } = NetworkId.DefaultName;

    /// <summary>The agents that work here; they need not be registered yet.</summary>
    [Name, Count(1000)]
    public string[] Agents { get; init; } = [];

    public SyncBody Sync { get; init; } = new();

    public ChannelSpec ToSpec(RequestReader request) => new()
    {
        Network = Network,
        Agents = AgentNames.Of(Agents, request),
        Sync = Sync.ToPolicy(request),
    };
}

/// <summary>Changes a channel; what is left out stays.</summary>
internal sealed record ConfigureChannelBody
{
    [Name, Count(1000)]
    public string[]? Agents { get; init; }

    public SyncBody? Sync { get; init; }
}

/// <summary>The agents of a channel, each once.</summary>
internal static class AgentNames
{
    public static ImmutableArray<string> Of(string[] names, RequestReader request)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < names.Length; i++) request.Require(seen.Add(names[i]), $"/agents/{i}", "Each agent may be there once.");
        return [.. names];
    }
}

/// <summary>A channel.</summary>
internal sealed record ChannelBody(string Id, string Network, string[] Agents, SyncBody Sync, long Version, DateTimeOffset CreatedAt)
{
    public static ChannelBody Of(ChannelView channel) => new(
        channel.Id.Name, channel.Spec.Network, [.. channel.Spec.Agents], SyncBody.Of(channel.Spec.Sync), channel.Version.Number, channel.CreatedAt);
}

/// <summary>A page of channels.</summary>
internal sealed record ChannelListBody(IReadOnlyList<ChannelBody> Channels, string? Next);
