using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Rosud.Channels;

/// <summary>Adds <see cref="IChannelFeeds"/> to a host that has an Orleans client or silo with the stream provider <see cref="ChannelUpdates.Provider"/>.</summary>
internal static class FeedServices
{
    public static IServiceCollection AddChannelFeeds(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(new FeedTimes());
        services.TryAddSingleton<IChannelSource, ClusterChannelSource>();
        services.TryAddSingleton<ChannelFeeds>();
        services.TryAddSingleton<IChannelFeeds>(host => host.GetRequiredService<ChannelFeeds>());
        services.AddHostedService<FeedsShutdown>();
        return services;
    }
}
