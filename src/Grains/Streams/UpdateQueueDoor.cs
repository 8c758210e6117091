namespace Rosud.Streams;

/// <summary>The way to one queue: straight to it when its grain is in this process, else by a call to the grain.</summary>
internal sealed class UpdateQueueDoor(string key, IGrainFactory grains, UpdateQueues here)
{
    private const int LookEvery = 64;

    private readonly IUpdateQueueGrain _grain = grains.GetGrain<IUpdateQueueGrain>(key);
    private int _taken;

    /// <inheritdoc cref="IUpdateQueueGrain.Add"/>
    public Task Add(QueueBatch batch, long bytes) => here.Find(key)?.Add(batch, bytes) is true ? Task.CompletedTask : _grain.Add(batch, bytes);

    /// <inheritdoc cref="IUpdateQueueGrain.Take"/>
    public Task<TakenBatches> Take(QueuePlace after, int max, TimeSpan wait, CancellationToken cancellationToken) => here.Find(key) switch
    {
        null => _grain.Take(after, max, wait, cancellationToken),
        var queue when ++_taken % LookEvery == 0 => Look(queue, after, max, cancellationToken),
        var queue => queue.Take(after, max, wait, cancellationToken),
    };

    // Whether the grain is still the one beside this taker: the cluster may have another by now, to which everybody else adds.
    private async Task<TakenBatches> Look(UpdateQueue queue, QueuePlace after, int max, CancellationToken cancellationToken)
    {
        var taken = await _grain.Take(after, max, TimeSpan.Zero, cancellationToken);
        if (taken.Place.Activation != queue.Activation) here.Remove(key, queue);
        return taken;
    }
}
