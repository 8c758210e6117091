using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Orleans.Streams;

namespace Rosud.Streams;

public sealed class UpdateCacheTests
{
    private static readonly StreamId Stream = StreamId.Create("test", "mine");
    private static readonly StreamId Other = StreamId.Create("test", "other");
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_subscriber_that_names_a_batch_that_is_gone_goes_on_with_the_oldest_there_is()
    {
        var cache = new UpdateCache(itemsMax: 2, bytesMax: 1_000, _time);
        cache.AddToCache([Batch(1), Batch(2), Batch(3)]);

        Assert.Equal([2, 3], Drain(cache.GetCacheCursor(Stream, Batch(1).SequenceToken)));
    }

    [Fact]
    public void A_subscriber_without_a_place_hears_only_what_comes()
    {
        var cache = new UpdateCache(itemsMax: 10, bytesMax: 1_000, _time);
        cache.AddToCache([Batch(1)]);
        var cursor = cache.GetCacheCursor(Stream, null);
        Assert.Empty(Drain(cursor));

        cache.AddToCache([Batch(2)]);

        Assert.Equal([2], Drain(cursor));
    }

    [Fact]   // Its subscribers are looked up meanwhile, and begin at the batch that made the stream known.
    public void A_new_streams_batches_are_held_until_its_subscribers_could_be_found()
    {
        var cache = new UpdateCache(itemsMax: 10, bytesMax: 1_000, _time);
        cache.AddToCache([Batch(1)]);
        _time.Advance(UpdateCache.LookUpTime);
        cache.AddToCache([Batch(2)]);

        Assert.Equal([1, 2], Drain(cache.GetCacheCursor(Stream, Batch(1).SequenceToken)));
    }

    [Fact]
    public void Of_a_stream_that_nobody_listens_to_nothing_is_held_and_of_another_everything()
    {
        var cache = new UpdateCache(itemsMax: 10, bytesMax: 1_000, _time);
        cache.AddToCache([Batch(1), Batch(2, Other)]);
        var (first, second) = (cache.GetCacheCursor(Other, null), cache.GetCacheCursor(Other, null));
        _time.Advance(UpdateCache.LookUpTime + TimeSpan.FromTicks(1));

        cache.AddToCache([Batch(3), Batch(4, Other)]);
        Assert.Equal(3, cache.Count);
        Assert.Equal([4], Drain(first));
        Assert.Equal([4], Drain(second));

        first.Dispose();
        first.Dispose();   // Once is enough.
        cache.AddToCache([Batch(5, Other)]);
        Assert.Equal(4, cache.Count);
        Assert.Equal([5], Drain(second));
    }

    [Theory]   // The runtime has forgotten the stream: it adds the next batch first, and then looks up who wants to begin with it.
    [InlineData(true)]
    [InlineData(false)]
    public void The_first_batch_after_all_have_gone_or_all_was_quiet_is_there_for_whoever_is_found_then(bool hadListeners)
    {
        var cache = new UpdateCache(itemsMax: 10, bytesMax: 1_000, _time);
        var before = hadListeners ? cache.GetCacheCursor(Stream, null) : null;
        cache.AddToCache([Batch(1)]);
        _time.Advance(UpdateCache.LookUpTime * 2);
        before?.Dispose();
        if (!hadListeners) _time.Advance(UpdateCache.QuietTime);

        cache.AddToCache([Batch(2)]);
        var cursor = cache.GetCacheCursor(Stream, Batch(2).SequenceToken);

        Assert.Equal([2], Drain(cursor));
    }

    [Fact]
    public void Who_begins_to_listen_hears_what_comes_from_then_on()
    {
        var cache = new UpdateCache(itemsMax: 10, bytesMax: 1_000, _time);
        cache.AddToCache([Batch(1)]);
        _time.Advance(UpdateCache.LookUpTime * 2);
        cache.AddToCache([Batch(2)]);
        var cursor = cache.GetCacheCursor(Stream, null);

        cache.AddToCache([Batch(3)]);

        Assert.Equal([3], Drain(cursor));
    }

    [Fact]
    public void Streams_that_nobody_listens_to_are_not_remembered_without_end()
    {
        var cache = new UpdateCache(itemsMax: 100_000, bytesMax: 1_000_000, _time);
        using var heard = cache.GetCacheCursor(Other, null);
        for (var i = 0; i < 10_000; i++) cache.AddToCache([Batch(1, StreamId.Create("test", $"{i}"))]);
        Assert.Equal(10_001, cache.Streams);
        _time.Advance(UpdateCache.QuietTime + UpdateCache.LookUpTime);

        cache.AddToCache([Batch(2), Batch(3, Other)]);

        Assert.Equal(2, cache.Streams);
    }

    [Fact]   // The model is every batch ever added: a cursor may miss the ones that went, never repeat or reorder.
    public void A_cursor_agrees_with_a_list_of_all_batches() =>
        Gen.Select(Gen.Int[0, 3], Gen.Bool).List[1, 60].Sample(steps =>
        {
            var cache = new UpdateCache(itemsMax: 5, bytesMax: 1_000, _time);
            var cursor = cache.GetCacheCursor(Stream, null);
            var heard = new List<long>();
            var expected = new List<long>();
            var pending = new Queue<(long Number, bool Mine)>();
            var number = 0L;
            foreach (var (adds, drains) in steps)
            {
                for (var i = 0; i < adds; i++)
                {
                    var isMine = ++number % 3 != 0;
                    cache.AddToCache([Batch(number, isMine ? Stream : Other)]);
                    pending.Enqueue((number, isMine));
                    if (pending.Count > 5) pending.Dequeue();
                }

                if (!drains) continue;
                heard.AddRange(Drain(cursor));
                expected.AddRange(pending.Where(batch => batch.Mine).Select(batch => batch.Number));
                pending.Clear();
            }

            Assert.Equal(expected, heard);
        });

    private static QueueBatch Batch(long number, StreamId? stream = null) => new(stream ?? Stream, ["item"]) { Number = number };

    private static List<long> Drain(IQueueCacheCursor cursor)
    {
        var numbers = new List<long>();
#pragma warning disable CS0618 // What the runtime calls by default ends in this.
        while (cursor.MoveNext()) numbers.Add(((QueueBatch)cursor.GetCurrent(out _)!).Number);
#pragma warning restore CS0618
        return numbers;
    }
}
