using Microsoft.Extensions.Configuration;
using Orleans.Providers;
using Orleans.Streams;
using Rosud.Streams;

[assembly: RegisterProvider("Rosud", "Streaming", "Client", typeof(ListeningStreams))]

namespace Rosud.Streams;

/// <summary>Adds the stream provider to an external client: from <c>Orleans:Streaming:&lt;name&gt;:ProviderType=Rosud</c>, or by <see cref="Add"/>. A client listens and never publishes.</summary>
internal sealed class ListeningStreams : IProviderBuilder<IClientBuilder>
{
    public void Configure(IClientBuilder builder, string? name, IConfigurationSection configurationSection) =>
        Add(builder, name ?? throw new OrleansConfigurationException("The stream provider needs a name: Orleans:Streaming:<name>:ProviderType."));

    /// <summary>Adds the provider.</summary>
    public static IClientBuilder Add(IClientBuilder builder, string name) =>
        builder.AddPersistentStreams(
            name,
            (_, provider) => new ListeningAdapter(provider),
            stream => stream.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly));
}
