using Orleans.Streams;

namespace Rosud.Streams;

/// <summary>The part of the stream provider that a client has: silos own the queues and send it what it subscribed to.</summary>
internal sealed class ListeningAdapter(string name) : IQueueAdapter, IQueueAdapterFactory
{
    public string Name => name;

    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadOnly;

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler());

    public Task QueueMessageBatchAsync<T>(StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext) =>
        throw Refusal();

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => throw Refusal();

    public IQueueAdapterCache GetQueueAdapterCache() => throw Refusal();

    public IStreamQueueMapper GetStreamQueueMapper() => throw Refusal();

    private static NotSupportedException Refusal() => new("A client of Rosud only listens: channels publish their own updates.");
}
