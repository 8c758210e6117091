using Orleans.Streams;

namespace Rosud.Streams;

/// <summary>
/// What one queue's deliverer holds for subscribers that are behind: the newest batches, within bounds. A subscriber that
/// is too far behind, or that names a batch which is gone, goes on with the oldest that is there: it sees the hole itself.
/// Of a stream that nobody listens to nothing is held.
/// </summary>
internal sealed class UpdateCache(int itemsMax, long bytesMax, TimeProvider time) : IQueueCache
{
    /// <summary>How long a new stream's batches are held although nobody listens yet: its subscribers are being looked up.</summary>
    public static readonly TimeSpan LookUpTime = TimeSpan.FromSeconds(5);

    private const int StreamsMax = 10_000;   // Those that nobody listens to are forgotten beyond that, and are new when they come again.

    private readonly Queue<(QueueBatch Batch, long Bytes)> _held = new();
    private readonly Dictionary<StreamId, Audience> _audiences = [];
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
            var audience = AudienceOf(batch.StreamId);
            if (audience.Cursors == 0 && time.GetElapsedTime(audience.Since) > LookUpTime) continue;
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
        AudienceOf(streamId).Cursors++;
        return new Cursor(this, streamId, at);
    }

    public bool IsUnderPressure() => false;

    private long First => _next - _held.Count;

    private Audience AudienceOf(StreamId stream)
    {
        if (_audiences.TryGetValue(stream, out var known)) return known;
        if (_audiences.Count >= StreamsMax)
        {
            foreach (var (unheard, audience) in _audiences)
            {
                if (audience.Cursors == 0) _audiences.Remove(unheard);
            }
        }

        return _audiences[stream] = new(time.GetTimestamp());
    }

    private sealed class Audience(long since)
    {
        public long Since { get; } = since;

        public int Cursors { get; set; }
    }

    private sealed class Cursor(UpdateCache cache, StreamId stream, long at) : IQueueCacheCursor
    {
        private QueueBatch? _current;
        private bool _isOver;

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

        public void Dispose()
        {
            _current = null;
            if (!_isOver) cache.AudienceOf(stream).Cursors--;
            _isOver = true;
        }
    }
}
