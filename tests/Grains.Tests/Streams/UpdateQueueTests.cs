namespace Rosud.Streams;

public sealed class UpdateQueueTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly UpdateQueue _queue = new("a", new(), CancellationToken.None);

    [Fact]
    public async Task Whoever_waits_gets_what_is_added()
    {
        var taking = _queue.Take(default, 10, Long, CancellationToken.None);
        Assert.False(taking.IsCompleted);

        Assert.True(_queue.Add(Batch("one"), 1));

        var taken = await taking;
        Assert.Equal(["one"], Items(taken));
        Assert.Equal(new QueuePlace("a", 1), taken.Place);
    }

    [Fact]
    public async Task Two_who_wait_are_both_woken()
    {
        var first = _queue.Take(default, 10, Long, CancellationToken.None);
        var second = _queue.Take(default, 10, Long, CancellationToken.None);

        _queue.Add(Batch("one"), 1);

        Assert.Equal(["one"], Items(await first));
        Assert.Equal(["one"], Items(await second));
    }

    [Fact]
    public async Task A_place_of_another_activation_says_nothing_here()
    {
        _queue.Add(Batch("one"), 1);

        Assert.Equal(["one"], Items(await _queue.Take(new("b", 7), 10, Long, CancellationToken.None)));
    }

    [Fact]
    public async Task A_closed_queue_takes_nothing_more_and_lets_go_of_whoever_waits()
    {
        var queues = new UpdateQueues();
        queues.Add("key", _queue);
        Assert.Same(_queue, queues.Find("key"));
        var taking = _queue.Take(default, 10, Long, CancellationToken.None);

        queues.Remove("key", _queue);

        Assert.Empty(Items(await taking));
        Assert.False(_queue.Add(Batch("late"), 1));
        Assert.Empty(Items(await _queue.Take(default, 10, Long, CancellationToken.None)));
        Assert.Null(queues.Find("key"));
    }

    [Fact]
    public void An_activation_that_goes_leaves_the_one_after_it_alone()
    {
        var (queues, next) = (new UpdateQueues(), new UpdateQueue("b", new(), CancellationToken.None));
        queues.Add("key", _queue);
        queues.Add("key", next);

        queues.Remove("key", _queue);

        Assert.Same(next, queues.Find("key"));
        Assert.True(next.Add(Batch("one"), 1));
    }

    private static QueueBatch Batch(string item) => new(StreamId.Create("n", "k"), [item]);

    private static string[] Items(TakenBatches taken) => [.. taken.Batches.Select(batch => (string)batch.Items[0])];
}
