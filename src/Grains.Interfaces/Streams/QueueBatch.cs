using System.Collections.Immutable;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace Rosud.Streams;

/// <summary>What was published at once on one stream, on its way through a queue to the stream's subscribers.</summary>
/// <remarks>Lives here, and not beside the queue, because an external client must be able to read what it is sent.</remarks>
[GenerateSerializer, Immutable, Alias("rosud.queue-batch")]
internal sealed record QueueBatch(
    [property: Id(0)] StreamId StreamId,
    [property: Id(1)] ImmutableArray<object> Items) : IBatchContainer
{
    /// <summary>The place in the order of one receiver; 0 until it was received.</summary>
    [Id(2)] public long Number { get; init; }

    /// <inheritdoc/>
    public StreamSequenceToken SequenceToken => new EventSequenceTokenV2(Number);

    /// <inheritdoc/>
    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>()
    {
        for (var i = 0; i < Items.Length; i++)
        {
            if (Items[i] is T item) yield return new(item, new EventSequenceTokenV2(Number, i));
        }
    }

    /// <inheritdoc/>
    public bool ImportRequestContext() => false;
}
