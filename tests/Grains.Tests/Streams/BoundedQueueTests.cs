using CsCheck;
using Rosud.Streams;

namespace Rosud.Tests.Streams;

public class BoundedQueueTests
{
    [Fact]
    public void The_oldest_are_dropped_over_the_item_bound()
    {
        var queue = new BoundedQueue<int>(itemsMax: 2, bytesMax: 100);
        for (var i = 1; i <= 5; i++) queue.Add(i, bytes: 1);
        Assert.Equal([4, 5], Taken(queue, after: 0));
        Assert.Equal(3, queue.Dropped);
    }

    [Fact]
    public void An_item_over_the_byte_bound_waits_alone()
    {
        var queue = new BoundedQueue<int>(itemsMax: 10, bytesMax: 100);
        queue.Add(1, bytes: 60);
        queue.Add(2, bytes: 600);
        Assert.Equal([2], Taken(queue, after: 0));
        Assert.Equal(600, queue.Bytes);
    }

    [Fact]
    public void What_was_taken_is_given_again_until_the_taker_says_it_arrived()
    {
        var queue = new BoundedQueue<int>(itemsMax: 10, bytesMax: 100);
        queue.Add(7, bytes: 1);
        var (_, last) = queue.Take(after: 0, max: 10);
        Assert.Equal([7], Taken(queue, after: 0));
        Assert.Empty(Taken(queue, last));
        Assert.Equal(0, queue.Count);
    }

    [Fact]   // The model keeps every item ever added with its number and bytes, and looks from the end.
    public void The_queue_agrees_with_a_list_of_everything_added() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 40], Gen.Select(Gen.Bool, Gen.Int[0, 12], Gen.Bool).Array[0, 60]).Sample((itemsMax, bytesMax, steps) =>
        {
            var queue = new BoundedQueue<long>(itemsMax, bytesMax);
            var kept = new List<(long Number, int Bytes)>();
            long added = 0, place = 0;
            foreach (var (add, size, arrived) in steps)
            {
                if (add)
                {
                    queue.Add(++added, size);
                    kept.Add((added, size));
                    while (kept.Count > itemsMax || (kept.Count > 1 && kept.Sum(item => item.Bytes) > bytesMax)) kept.RemoveAt(0);
                    continue;
                }

                var max = 1 + size % 3;
                var (items, last) = queue.Take(place, max);
                kept.RemoveAll(item => item.Number <= place);
                Assert.Equal(kept.Take(max).Select(item => item.Number), items);
                if (items.Length > 0) Assert.Equal(items[^1], last);
                if (arrived) place = last;
            }

            Assert.Equal(kept.Sum(item => item.Bytes), queue.Bytes);
            Assert.Equal(added, queue.Last);
        });

    private static int[] Taken(BoundedQueue<int> queue, long after) => [.. queue.Take(after, max: 10).Items];
}
