using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace Rosud.Streams;

/// <summary>Takes one queue's batches for the silo that delivers them. Parks at the queue while it is empty.</summary>
internal sealed class UpdateQueueReceiver(UpdateQueueDoor queue, TimeSpan park, TimeProvider time, ILogger<UpdateQueueReceiver> log) : IQueueAdapterReceiver
{
    private const int TakenMax = 256;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private QueuePlace _place;

    // A subscriber may know numbers from the receiver before this one, perhaps on another silo: later ones must be greater.
    private long _number = time.GetUtcNow().UtcTicks;

    public Task Initialize(TimeSpan timeout) => Task.CompletedTask;

    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) => GetQueueMessagesAsync(maxCount, CancellationToken.None);

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        try
        {
            var taken = await queue.Take(_place, maxCount is > 0 and < TakenMax ? maxCount : TakenMax, park, cancellationToken);
            _place = taken.Place;
            return [.. taken.Batches.Select(batch => batch with { Number = ++_number })];
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return [];
        }
        catch (Exception failure) when (failure is OrleansException or TimeoutException)
        {
            // The silo of the queue is going or gone. The next call finds the queue elsewhere; thrown, the error would cost a pause of 10 s.
            log.LogInformation(failure, "A queue of updates did not answer and is asked again.");
            await Task.Delay(RetryDelay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            return [];
        }
    }

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    public Task Shutdown(TimeSpan timeout) => Task.CompletedTask;
}
