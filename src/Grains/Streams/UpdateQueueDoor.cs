namespace Rosud.Streams;

/// <summary>The way to one queue: straight to it when its grain is in this process, else by a call to the grain.</summary>
internal sealed class UpdateQueueDoor(string key, IGrainFactory grains, UpdateQueues here)
{
    private readonly IUpdateQueueGrain _grain = grains.GetGrain<IUpdateQueueGrain>(key);

    /// <inheritdoc cref="IUpdateQueueGrain.Add"/>
    public Task Add(QueueBatch batch, long bytes) => here.Find(key)?.Add(batch, bytes) is true ? Task.CompletedTask : _grain.Add(batch, bytes);

    /// <inheritdoc cref="IUpdateQueueGrain.Take"/>
    public Task<TakenBatches> Take(QueuePlace after, int max, TimeSpan wait, CancellationToken cancellationToken) =>
        here.Find(key) is { } queue ? queue.Take(after, max, wait, cancellationToken) : _grain.Take(after, max, wait, cancellationToken);
}
