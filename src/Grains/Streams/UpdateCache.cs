using Orleans.Streams;

namespace Rosud.Streams;

/// <summary>
/// What one queue's deliverer holds for subscribers that are behind: the newest batches, within bounds. A subscriber that
/// is too far behind, or that names a batch which is gone, goes on with the oldest that is there: it sees the hole itself.
/// </summary>
internal sealed class UpdateCache(int itemsMax, long bytesMax) : IQueueCache
{
    private readonly Queue<(QueueBatch Batch, long Bytes)> _held = new();
    private long _bytes;

    /// <summary>The number that the next batch will have here; numbers of this cache, not the batches' own.</summary>
    private long _next;

    /// <summary>How many batches are held.</summary>
    public int Count => _held.Count;

    public int GetMaxAddCount() => itemsMax;

    public void AddToCache(IList<IBatchContainer> messages)
    {
        foreach (var batch in messages.OfType<QueueBatch>())
        {
            var bytes = batch.Items.Sum(UpdateQueueAdapter.LengthOf);
            _held.Enqueue((batch, bytes));
            _bytes += bytes;
            _next++;
        }

        while (_held.Count > itemsMax || (_bytes > bytesMax && _held.Count > 1)) _bytes -= _held.Dequeue().Bytes;
    }

    // Nothing is told back to the queue: what it gave away it has forgotten.
    public bool TryPurgeFromCache(out IList<IBatchContainer> purgedItems)
    {
        purgedItems = [];
        return false;
    }

    /// <summary>A subscriber's place: at <paramref name="token"/> if that is given, else behind everything that is there.</summary>
    public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token)
    {
        var at = token is null ? _next : _held.Select((held, i) => (held.Batch.Number, Index: First + i))
            .Where(held => held.Number >= token.SequenceNumber).Select(held => held.Index).DefaultIfEmpty(_next).First();
        return new Cursor(this, streamId, at);
    }

    public bool IsUnderPressure() => false;

    private long First => _next - _held.Count;

    private sealed class Cursor(UpdateCache cache, StreamId stream, long at) : IQueueCacheCursor
    {
        private QueueBatch? _current;

        public IBatchContainer? GetCurrent(out Exception? exception)
        {
            exception = null;
            return _current;
        }

        public bool MoveNext()
        {
            at = Math.Max(at, cache.First);
            foreach (var (batch, _) in cache._held.Skip((int)(at - cache.First)))
            {
                at++;
                if (batch.StreamId != stream) continue;
                _current = batch;
                return true;
            }

            _current = null;
            return false;
        }

        public void Refresh(StreamSequenceToken? token)
        {
            // The place does not depend on tokens: what came since is found by moving on.
        }

        public void RecordDeliveryFailure()
        {
            // The subscriber finds the hole by version.
        }

        public void Dispose() => _current = null;
    }
}
