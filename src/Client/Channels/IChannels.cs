using Rosud.Networks;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>A tenant's channels.</summary>
public interface IChannels
{
    /// <summary>Makes a channel; durable when it returns. Given an <paramref name="id"/>, the same call again finds it.</summary>
    /// <param name="agents">The agents that work here, by name; they need not be registered yet. At most 1,000, each once. Null for none.</param>
    /// <param name="sync">How the context is kept in step; null for the defaults.</param>
    /// <param name="id">1 to 128 of <c>a-z 0-9 . _ -</c>; null makes one.</param>
    /// <param name="network">The network whose policy holds and where metrics add up.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RefusedException"><c>already-exists</c>: a channel of this id has another configuration; <c>invalid-request</c>.</exception>
    Task<IChannel> Create(
        IEnumerable<string>? agents = null, ContextSync? sync = null, string? id = null, string network = NetworkId.DefaultName, CancellationToken cancellationToken = default);

    /// <summary>The channel of this id, without asking whether it is there.</summary>
    /// <exception cref="ArgumentException"><paramref name="id"/> is no id.</exception>
    IChannel Open(string id);

    /// <summary>Every channel, in the order of their ids.</summary>
    IAsyncEnumerable<ChannelView> List(CancellationToken cancellationToken = default);
}
