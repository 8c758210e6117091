namespace Rosud.Supervision;

public sealed class OwnThreadsTests : IDisposable
{
    private readonly OwnThreads _threads = new("test");

    public void Dispose() => _threads.Dispose();

    [Fact]
    public async Task Code_that_blocks_holds_up_nobody_elses()
    {
        using var go = new ManualResetEventSlim();
        using var entered = new CountdownEvent(64);
        var blocked = Enumerable.Range(0, 64).Select(_ => Start(() =>
        {
            entered.Signal();
            go.Wait();
        })).ToList();

        await Start(() => { });
        await Task.Run(entered.Wait);   // All of them have begun, though none has ended.
        Assert.InRange(_threads.Count, 64, OwnThreads.ThreadsMax);

        go.Set();
        await Task.WhenAll(blocked);
    }

    [Fact]
    public async Task Short_work_needs_no_more_threads_than_processors()
    {
        for (var round = 0; round < 200; round++) await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Start(() => { })));

        Assert.InRange(_threads.Count, 1, Environment.ProcessorCount * 4);   // A busy machine may have looked like a blocked one.
    }

    [Fact]   // One thread goes on all the time, so something always begins: what waits gets threads all the same.
    public async Task Work_that_blocks_beside_work_that_does_not_holds_up_nobody_either()
    {
        using var go = new ManualResetEventSlim();
        using var entered = new CountdownEvent(16);
        using var over = new CancellationTokenSource();
        var busy = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested) await Start(() => { });
        });

        var blocked = Enumerable.Range(0, 16).Select(_ => Start(() =>
        {
            entered.Signal();
            go.Wait();
        })).ToList();
        await Task.Run(entered.Wait);

        go.Set();
        await over.CancelAsync();
        await Task.WhenAll([.. blocked, busy]);
    }

    [Fact]
    public async Task What_is_awaited_comes_back_to_them_and_an_exception_goes_to_whoever_waits()
    {
        var scheduler = await Task.Factory.StartNew(
            async () =>
            {
                await Task.Yield();
                return TaskScheduler.Current;
            },
            CancellationToken.None, TaskCreationOptions.DenyChildAttach, _threads).Unwrap();
        Assert.Same(_threads, scheduler);

        await Assert.ThrowsAsync<InvalidDataException>(() => Start(() => throw new InvalidDataException()));
        await Start(() => { });
    }

    [Fact]
    public async Task What_was_taken_before_the_end_is_done()
    {
        using var go = new ManualResetEventSlim();
        var before = Enumerable.Range(0, 8).Select(_ => Start(go.Wait)).ToList();

        _threads.Dispose();
        go.Set();

        await Task.WhenAll(before);
    }

    private Task Start(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _threads);
}
