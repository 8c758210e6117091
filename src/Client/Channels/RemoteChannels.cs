using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Rosud.Hosting;
using Rosud.Networks;

namespace Rosud.Channels;

internal sealed class RemoteChannels(Reach reach) : IChannels
{
    public async Task<IChannel> Create(
        IEnumerable<string>? agents = null, ContextSync? sync = null, string? id = null, string network = NetworkId.DefaultName, CancellationToken cancellationToken = default)
    {
        var channel = new RemoteChannel(reach, Reach.Name(id ?? $"c-{RandomNumberGenerator.GetHexString(24, lowercase: true)}", nameof(id)));
        await channel.Create(new() { Agents = [.. agents ?? []], Sync = sync ?? new(), Network = Reach.Name(network) }, cancellationToken);
        return channel;
    }

    public IChannel Open(string id) => new RemoteChannel(reach, Reach.Name(id));

    public async IAsyncEnumerable<ChannelView> List([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var names in reach.Pages("channels", cancellationToken))
        {
            var outcomes = await reach.Calls.Repeat(
                () => Task.WhenAll(names.Select(name => reach.Cluster.GetGrain<IChannelGrain>(new ChannelId(reach.Tenant, name).Key).Describe())), cancellationToken);
            foreach (var found in outcomes.OfType<ChannelOutcome.Found>()) yield return found.Channel;
        }
    }
}
