using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Placement;

namespace Rosud.Streams;

// The silo that delivers a queue asks first and parks at once, so the queue starts beside it. Kept alive: calls from its own process do not come by here.
[GrainType("rosud.update-queue"), PreferLocalPlacement, KeepAlive]
internal sealed class UpdateQueueGrain(IGrainContext context, IOptionsMonitor<UpdateStreamOptions> options, UpdateQueues queues, IHostApplicationLifetime host) : Grain, IUpdateQueueGrain
{
    private readonly UpdateQueue _queue = new(context.ActivationId.ToString(), options.Get(ProviderOf(context.GrainId)), host.ApplicationStopping);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        queues.Add(this.GetPrimaryKeyString(), _queue);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        queues.Remove(this.GetPrimaryKeyString(), _queue);
        return Task.CompletedTask;
    }

    public Task Add(QueueBatch batch, long bytes)
    {
        return _queue.Add(batch, bytes) ? Task.CompletedTask : throw new InvalidOperationException("The queue has gone; its next activation takes the update.");
    }

    public Task<TakenBatches> Take(QueuePlace after, int max, TimeSpan wait, CancellationToken cancellationToken) => _queue.Take(after, max, wait, cancellationToken);

    public Task<UpdateQueueView> GetState() => Task.FromResult(_queue.View);

    /// <summary>The grain key of one of a provider's queues.</summary>
    public static string KeyOf(string provider, string queue) => $"{provider}/{queue}";

    private static string ProviderOf(GrainId grain)
    {
        var key = grain.Key.ToString()!;
        return key[..key.LastIndexOf('/')];
    }
}
