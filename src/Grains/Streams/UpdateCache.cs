using Orleans.Streams;

namespace Rosud.Streams;

/// <summary>
/// What one queue's deliverer holds for subscribers that are behind: the newest batches, within bounds. A subscriber that
/// is too far behind, or that names a batch which is gone, goes on with the oldest that is there: it sees the hole itself.
/// Of a stream that nobody listens to, after a while, nothing is held.
/// </summary>
internal sealed class UpdateCache(int itemsMax, long bytesMax, TimeProvider time) : IQueueCache
{
    /// <summary>How long a new stream's batches are held although nobody listens yet: its subscribers are being looked up.</summary>
    public static readonly TimeSpan LookUpTime = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A stream that was quiet for so long is new when it comes again, as is one whose last listener went: the runtime may have forgotten it meanwhile, and looks
    /// its subscribers up after its next batch was added. Well below <c>StreamPullingAgentOptions.StreamInactivityPeriod</c> (30 minutes).
    /// </summary>
    public static readonly TimeSpan QuietTime = TimeSpan.FromMinutes(1);

    private const int StreamsMax = 10_000;   // Beyond that the quiet ones are forgotten.

    private readonly Queue<(QueueBatch Batch, long Bytes)> _held = new();
    private readonly Dictionary<StreamId, Audience> _audiences = [];
    private long _forgotAt = time.GetTimestamp();
    private long _bytes;

    /// <summary>The number that the next batch will have here; numbers of this cache, not the batches' own.</summary>
    private long _next;

    /// <summary>How many batches are held.</summary>
    public int Count => _held.Count;

    /// <summary>How many streams are remembered.</summary>
    public int Streams => _audiences.Count;

    public int GetMaxAddCount() => itemsMax;

    public void AddToCache(IList<IBatchContainer> messages)
    {
        foreach (var batch in messages.OfType<QueueBatch>())
        {
            if (!IsHeard(AudienceOf(batch.StreamId))) continue;
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

    private bool IsHeard(Audience audience)
    {
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(audience.LastAt, now) > QuietTime) audience.NewAt = now;
        audience.LastAt = now;
        return audience.Cursors > 0 || time.GetElapsedTime(audience.NewAt, now) <= LookUpTime;
    }

    private Audience AudienceOf(StreamId stream)
    {
        if (_audiences.TryGetValue(stream, out var known)) return known;
        var now = time.GetTimestamp();
        if (_audiences.Count >= StreamsMax && time.GetElapsedTime(_forgotAt, now) > QuietTime) ForgetQuiet(now);
        return _audiences[stream] = new() { NewAt = now, LastAt = now };
    }

    private void ForgetQuiet(long now)
    {
        _forgotAt = now;
        foreach (var (stream, audience) in _audiences)
        {
            if (audience.Cursors == 0 && time.GetElapsedTime(audience.LastAt, now) > QuietTime) _audiences.Remove(stream);
        }
    }

    private void Left(StreamId stream)
    {
        if (--AudienceOf(stream).Cursors == 0) _audiences.Remove(stream);
    }

    // Since when a stream is new, when its last batch came, and how many listen.
    private sealed class Audience
    {
        public long NewAt { get; set; }

        public long LastAt { get; set; }

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
            if (!_isOver) cache.Left(stream);
            _isOver = true;
        }
    }
}
