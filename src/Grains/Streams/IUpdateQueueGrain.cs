using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Rosud.Streams;

/// <summary>One queue of a stream provider: what was published waits here until the silo that delivers it takes it.</summary>
/// <remarks>
/// Keyed <c>provider/queue</c>. In memory only and bounded: a crash or an overflow loses updates, which listeners see from the
/// versions and read again. Calls interleave, so a parked <see cref="Take"/> holds nobody up.
/// </remarks>
[Alias("rosud.update-queue")]
internal interface IUpdateQueueGrain : IGrainWithStringKey
{
    /// <summary>Adds to the queue. Returns when it is in memory.</summary>
    [AlwaysInterleave, Alias("add")]
    Task Add(QueueBatch batch, long bytes);

    /// <summary>Takes what came after <paramref name="after"/>, and waits for it while there is nothing. Says at the same time that all up to there arrived.</summary>
    /// <param name="after">How far the caller is; default at its start.</param>
    /// <param name="max">The most batches, 1 or more.</param>
    /// <param name="wait">How long to wait; an empty answer after that.</param>
    /// <param name="cancellationToken">Ends the wait; what comes later stays for the next taker.</param>
    [AlwaysInterleave, Alias("take")]
    Task<TakenBatches> Take(QueuePlace after, int max, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>How full the queue is.</summary>
    [ReadOnly, Alias("get-state")]
    Task<UpdateQueueView> GetState();
}

/// <summary>A place in a queue's order. Numbers start again with every activation, so a place names its activation.</summary>
[GenerateSerializer, Immutable, Alias("rosud.queue-place")]
internal readonly record struct QueuePlace([property: Id(0)] string? Activation, [property: Id(1)] long Number);

/// <summary>What <see cref="IUpdateQueueGrain.Take"/> found.</summary>
/// <param name="Batches">In order; empty when nothing came in time.</param>
/// <param name="Place">Where to go on.</param>
[GenerateSerializer, Immutable, Alias("rosud.taken-batches")]
internal sealed record TakenBatches([property: Id(0)] ImmutableArray<QueueBatch> Batches, [property: Id(1)] QueuePlace Place);

/// <summary>A queue as the dashboard shows it.</summary>
[GenerateSerializer, Immutable, Alias("rosud.update-queue-view")]
internal sealed record UpdateQueueView(
    [property: Id(0)] int Waiting,
    [property: Id(1)] long WaitingBytes,
    [property: Id(2)] long Added,
    [property: Id(3)] long Dropped);
