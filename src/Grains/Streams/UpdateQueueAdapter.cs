using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using Rosud.Channels;

namespace Rosud.Streams;

/// <summary>Streams over queue grains. Nothing on the way waits for a timer, an idle queue costs one look per <see cref="UpdateStreamOptions.Park"/>, and a queue of the same process no call.</summary>
internal sealed class UpdateQueueAdapter(string name, UpdateStreamOptions options, IGrainFactory grains, UpdateQueues here, ILoggerFactory loggers)
    : IQueueAdapter, IQueueAdapterFactory, IQueueAdapterCache
{
    private readonly ConcurrentDictionary<QueueId, UpdateQueueDoor> _doors = new();   // As many as there are queues.
    private readonly HashRingBasedStreamQueueMapper _queues = new(new() { TotalQueueCount = options.Queues }, name);

    public string Name => name;

    // A subscriber cannot go back in the stream: it reads what it missed from the channel.
    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    public Task QueueMessageBatchAsync<T>(StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext)
    {
        ImmutableArray<object> items = [.. events.Cast<object>()];
        return Door(_queues.GetQueueForStream(streamId)).Add(new(streamId, items), items.Sum(LengthOf));
    }

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) =>
        new UpdateQueueReceiver(Door(queueId), options.Park, TimeProvider.System, loggers.CreateLogger<UpdateQueueReceiver>());

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    public IQueueAdapterCache GetQueueAdapterCache() => this;

    public IQueueCache CreateQueueCache(QueueId queueId) => new UpdateCache(options.DeliveringMax, options.QueuedBytesMax, TimeProvider.System);

    public IStreamQueueMapper GetStreamQueueMapper() => _queues;

    // A subscription outlives failed deliveries: its listener sees the hole.
    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler());

    private UpdateQueueDoor Door(QueueId queue) => _doors.GetOrAdd(
        queue, static (of, adapter) => new(UpdateQueueGrain.KeyOf(adapter.name, of.ToString()), adapter.grains, adapter.here), (name, grains, here));

    internal static long LengthOf(object item) => item is ChannelUpdate update ? CanonicalLength.Of(update) : 0;
}
