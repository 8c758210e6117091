using CsCheck;
using Orleans.Streams;

namespace Rosud.Streams;

public sealed class UpdateCacheTests
{
    private static readonly StreamId Stream = StreamId.Create("test", "mine");
    private static readonly StreamId Other = StreamId.Create("test", "other");

    [Fact]
    public void A_subscriber_that_names_a_batch_that_is_gone_goes_on_with_the_oldest_there_is()
    {
        var cache = new UpdateCache(itemsMax: 2, bytesMax: 1_000);
        cache.AddToCache([Batch(1), Batch(2), Batch(3)]);

        Assert.Equal([2, 3], Drain(cache.GetCacheCursor(Stream, Batch(1).SequenceToken)));
    }

    [Fact]
    public void A_subscriber_without_a_place_hears_only_what_comes()
    {
        var cache = new UpdateCache(itemsMax: 10, bytesMax: 1_000);
        cache.AddToCache([Batch(1)]);
        var cursor = cache.GetCacheCursor(Stream, null);
        Assert.Empty(Drain(cursor));

        cache.AddToCache([Batch(2)]);

        Assert.Equal([2], Drain(cursor));
    }

    [Fact]   // The model is every batch ever added: a cursor may miss the ones that went, never repeat or reorder.
    public void A_cursor_agrees_with_a_list_of_all_batches() =>
        Gen.Select(Gen.Int[0, 3], Gen.Bool).List[1, 60].Sample(steps =>
        {
            var cache = new UpdateCache(itemsMax: 5, bytesMax: 1_000);
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
