using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Providers;
using Orleans.Streams;
using Rosud.Streams;

[assembly: RegisterProvider("Rosud", "Streaming", "Silo", typeof(UpdateStreams))]

namespace Rosud.Streams;

/// <summary>Adds the stream provider to a silo from <c>Orleans:Streaming:&lt;name&gt;:ProviderType=Rosud</c>.</summary>
internal sealed class UpdateStreams : IProviderBuilder<ISiloBuilder>
{
    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection) =>
        builder.AddRosudStreams(name ?? throw new OrleansConfigurationException("The stream provider needs a name: Orleans:Streaming:<name>:ProviderType."), configurationSection);
}

/// <summary>Adds the stream provider to a silo in code.</summary>
internal static class RosudStreams
{
    // Only how soon the next look comes after an empty one: while a queue is empty the look itself waits.
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(2);

    /// <summary>Adds the provider. It needs a grain storage named <c>PubSubStore</c>, where subscriptions are kept.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The provider's name.</param>
    /// <param name="settings">Has <see cref="UpdateStreamOptions"/>; null for the defaults.</param>
    public static ISiloBuilder AddRosudStreams(this ISiloBuilder builder, string name, IConfiguration? settings = null)
    {
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<UpdateStreamOptions>, UpdateStreamOptions.Ranges>());
        builder.Services.TryAddSingleton<UpdateQueues>();
        var options = builder.Services.AddOptions<UpdateStreamOptions>(name).ValidateOnStart();
        if (settings is not null) options.Bind(settings);
        return builder.AddPersistentStreams(name, Adapter, stream =>
        {
            stream.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly);
            stream.ConfigurePullingAgent(agent => agent.Configure<IOptionsMonitor<UpdateStreamOptions>>((pulling, updates) =>
            {
                pulling.GetQueueMsgsTimerPeriod = Again;
                pulling.MaxEventDeliveryTime = updates.Get(name).DeliveryTimeMax;
            }));
        });
    }

    private static UpdateQueueAdapter Adapter(IServiceProvider services, string name) => new(
        name,
        services.GetRequiredService<IOptionsMonitor<UpdateStreamOptions>>().Get(name),
        services.GetRequiredService<IGrainFactory>(),
        services.GetRequiredService<UpdateQueues>(),
        services.GetRequiredService<ILoggerFactory>());
}
