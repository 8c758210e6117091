using System.Collections.Concurrent;

namespace Rosud.Streams;

/// <summary>What waits in one queue of updates. Called from any thread: who is in the same process as the queue's grain needs no call to it.</summary>
/// <param name="activation">Names the grain's activation: numbers start again with each.</param>
internal sealed class UpdateQueue(string activation, UpdateStreamOptions options, CancellationToken stopping)
{
    private readonly Lock _lock = new();
    private readonly BoundedQueue<QueueBatch> _waiting = new(options.QueuedItemsMax, options.QueuedBytesMax);
    private TaskCompletionSource? _arrival;
    private bool _isClosed;

    /// <summary>Which activation of the grain it belongs to.</summary>
    public string Activation => activation;

    /// <inheritdoc cref="IUpdateQueueGrain.GetState"/>
    public UpdateQueueView View
    {
        get
        {
            lock (_lock) return new(_waiting.Count, _waiting.Bytes, _waiting.Last, _waiting.Dropped);
        }
    }

    /// <inheritdoc cref="IUpdateQueueGrain.Add"/>
    /// <returns>False when the queue is closed, and the batch has to go to the grain.</returns>
    public bool Add(QueueBatch batch, long bytes)
    {
        TaskCompletionSource? arrival;
        lock (_lock)
        {
            if (_isClosed) return false;
            _waiting.Add(batch, bytes);
            (arrival, _arrival) = (_arrival, null);
        }

        arrival?.SetResult();
        return true;
    }

    /// <summary>Its grain goes: nothing more comes here, and whoever waits for it is let go.</summary>
    public void Close()
    {
        TaskCompletionSource? arrival;
        lock (_lock)
        {
            _isClosed = true;
            (arrival, _arrival) = (_arrival, null);
        }

        arrival?.SetResult();
    }

    /// <inheritdoc cref="IUpdateQueueGrain.Take"/>
    public async Task<TakenBatches> Take(QueuePlace after, int max, TimeSpan wait, CancellationToken cancellationToken)
    {
        var number = after.Activation == activation ? after.Number : 0;
        if (Arrival(number) is { } arrival) await Arrived(arrival, wait, cancellationToken);
        lock (_lock)
        {
            var (batches, last) = _waiting.Take(number, max);
            return new(batches, new(activation, last));
        }
    }

    // Null when there is something already, or never will be.
    private Task? Arrival(long number)
    {
        lock (_lock) return _isClosed || _waiting.Last > number ? null : (_arrival ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    private async Task Arrived(Task arrival, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        try
        {
            await arrival.WaitAsync(wait, TimeProvider.System, stop.Token);
        }
        catch (TimeoutException)
        {
            // Nothing came: the empty answer says so.
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The taker gave up, or a silo that stops does not wait for its parked takers.
        }
    }
}

/// <summary>The queues whose grains are in this process, by the grains' keys.</summary>
internal sealed class UpdateQueues
{
    private readonly ConcurrentDictionary<string, UpdateQueue> _here = new(StringComparer.Ordinal);

    /// <summary>A queue of this process; null when its grain is elsewhere, or nowhere yet.</summary>
    public UpdateQueue? Find(string key) => _here.GetValueOrDefault(key);

    /// <summary>A queue's grain is here now.</summary>
    public void Add(string key, UpdateQueue queue) => _here[key] = queue;

    /// <summary>It goes; what still lies in its queue is lost.</summary>
    public void Remove(string key, UpdateQueue queue)
    {
        _here.TryRemove(KeyValuePair.Create(key, queue));
        queue.Close();
    }
}
