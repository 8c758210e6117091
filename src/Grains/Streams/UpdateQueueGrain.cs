using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Placement;

namespace Rosud.Streams;

// The silo that delivers a queue asks first and parks at once, so the queue starts beside it.
[GrainType("rosud.update-queue"), PreferLocalPlacement]
internal sealed class UpdateQueueGrain(IGrainContext context, IOptionsMonitor<UpdateStreamOptions> options, IHostApplicationLifetime host) : Grain, IUpdateQueueGrain
{
    private readonly BoundedQueue<QueueBatch> _queue = Open(options.Get(ProviderOf(context.GrainId)));
    private readonly string _activation = context.ActivationId.ToString();
    private TaskCompletionSource _added = NewSignal();

    public Task Add(QueueBatch batch, long bytes)
    {
        _queue.Add(batch, bytes);
        var added = _added;
        _added = NewSignal();
        added.SetResult();
        return Task.CompletedTask;
    }

    public async Task<TakenBatches> Take(QueuePlace after, int max, TimeSpan wait, CancellationToken cancellationToken)
    {
        var number = after.Activation == _activation ? after.Number : 0;
        if (_queue.Last <= number) await Arrival(wait, cancellationToken);
        var (batches, last) = _queue.Take(number, max);
        return new(batches, new(_activation, last));
    }

    public Task<UpdateQueueView> GetState() =>
        Task.FromResult(new UpdateQueueView(_queue.Count, _queue.Bytes, _queue.Last, _queue.Dropped));

    /// <summary>The grain key of one of a provider's queues.</summary>
    public static string KeyOf(string provider, string queue) => $"{provider}/{queue}";

    private async Task Arrival(TimeSpan wait, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, host.ApplicationStopping);
        try
        {
            await _added.Task.WaitAsync(wait, TimeProvider.System, stop.Token);
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

    private static BoundedQueue<QueueBatch> Open(UpdateStreamOptions options) => new(options.QueuedItemsMax, options.QueuedBytesMax);

    private static string ProviderOf(GrainId grain)
    {
        var key = grain.Key.ToString()!;
        return key[..key.LastIndexOf('/')];
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
