using System.Globalization;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Histories;
using Rosud.Load;
using Rosud.Tenants;

namespace Rosud.Fencing;

/// <summary>Two live activations of one channel: the stale one never acknowledges a write that is lost. Everything that is told goes into a history.</summary>
public sealed class FencingTests
{
    private const string Name = "c";
    private const int AttemptsMax = 200;
    private static readonly ContextQuery Plain = new() { Consistency = ReadConsistency.Plain };

    private readonly Recorder _told = new();
    private int _operations;
    private int _fenced;

    [Theory]
    [InlineData(TwoHalves.Memory)]
    [InlineData(TwoHalves.Sqlite)]
    [InlineData(TwoHalves.Redis)]
    [InlineData(TwoHalves.Postgres)]
    public async Task One_that_stood_still_in_the_middle_of_a_write_and_wakes_up_is_fenced(string store)
    {
        await using var halves = await TwoHalves.Start(store);
        Assert.IsType<ChannelOutcome.Found>(await halves.Channel(0, Name).Create(new()));
        for (var i = 0; i < 3; i++) await Commit(halves, 0, session: 1);

        halves.Storage(0).Pause();
        var paused = Attempt(halves, 0, Next(session: 1));
        await halves.Storage(0).Held;
        for (var i = 0; i < 3; i++) await Commit(halves, 1, session: 2);
        Assert.False(paused.IsCompleted);
        halves.Storage(0).Wake();

        var (write, told) = await paused;
        Assert.Null(told);   // It cannot know, and does not say that it does.
        await Until(halves, 0, write);
        await Read(halves, 0, session: 1);
        await Read(halves, 1, session: 2);
        Assert.Empty(HistoryChecker.Check(await History(halves)));
    }

    [Theory]
    [InlineData(TwoHalves.Memory)]
    [InlineData(TwoHalves.Sqlite)]
    [InlineData(TwoHalves.Redis)]
    [InlineData(TwoHalves.Postgres)]
    public async Task One_that_was_overtaken_while_it_was_idle_confirms_and_acknowledges_nothing_stale(string store)
    {
        await using var halves = await TwoHalves.Start(store);
        Assert.IsType<ChannelOutcome.Found>(await halves.Channel(0, Name).Create(new()));
        await Commit(halves, 0, session: 1);

        for (var turn = 0; turn < 6; turn++)
        {
            var half = (turn + 1) % 2;
            await Commit(halves, half, session: 2);
            await Read(halves, 1 - half, session: 3);
            await Commit(halves, 1 - half, session: 3);
        }

        Assert.True(_fenced > 0, "No activation was ever fenced: there were never two.");
        Assert.Empty(HistoryChecker.Check(await History(halves)));
    }

    [Theory]
    [InlineData(TwoHalves.Memory)]
    [InlineData(TwoHalves.Sqlite)]
    [InlineData(TwoHalves.Redis)]
    [InlineData(TwoHalves.Postgres)]
    public async Task Callers_of_both_halves_at_once_lose_nothing(string store)
    {
        await using var halves = await TwoHalves.Start(store);
        Assert.IsType<ChannelOutcome.Found>(await halves.Channel(0, Name).Create(new()));
        for (var half = 0; half < 2; half++) await Commit(halves, half, session: 4 + half);   // Each half has an activation, and the first is already stale.

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async session =>
        {
            for (var i = 0; i < 10; i++)
            {
                await Commit(halves, session % 2, session);
                await Read(halves, session % 2, session);
            }
        }));

        Assert.True(_fenced > 0, "No activation was ever fenced: there were never two.");
        Assert.Empty(HistoryChecker.Check(await History(halves)));
    }

    [Fact]
    public async Task What_is_sent_again_while_its_record_is_on_its_way_is_done_once_and_the_next_is_decided_on_it()
    {
        await using var halves = await TwoHalves.Start(TwoHalves.Memory);
        Assert.IsType<ChannelOutcome.Found>(await halves.Channel(0, Name).Create(new()));
        await Commit(halves, 0, session: 1);

        halves.Storage(0).Pause();
        var write = Next(session: 1);
        var first = Attempt(halves, 0, write);
        await halves.Storage(0).Held;
        var again = Attempt(halves, 0, write);
        var next = Attempt(halves, 0, Next(session: 2));
        Assert.Equal(1, Assert.IsType<ReadOutcome.Found>(await halves.Channel(0, Name).Read(Plain)).View.Version.Number);   // Both are there by now, and nothing is shown.
        halves.Storage(0).Wake();

        Assert.Equal([2, 2, 3], [(await first).Told, (await again).Told, (await next).Told]);
        Assert.Equal(3, Assert.IsType<ChangesOutcome.Found>(await halves.Channel(0, Name).Changes(ContextVersion.None, 500)).Page.Changes.Length);
    }

    [Theory]   // Whoever wakes must not take the answer to what it asked long ago for news.
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_plain_read_of_one_that_stood_still_is_not_older_than_a_second(bool whileReading)
    {
        await using var halves = await TwoHalves.Start(TwoHalves.Memory);
        Assert.IsType<ChannelOutcome.Found>(await halves.Channel(0, Name).Create(new()));
        await Commit(halves, 0, session: 1);
        halves.Time.Pass(TimeSpan.FromSeconds(2));

        halves.Storage(0).PauseAnswers();
        Task asked = whileReading ? halves.Channel(0, Name).Read(Plain) : Attempt(halves, 0, Next(session: 1));
        await halves.Storage(0).Held;
        await Commit(halves, 1, session: 2);
        var head = Assert.IsType<ReadOutcome.Found>(await halves.Channel(1, Name).Read(new())).View.Version;
        halves.Time.Pass(TimeSpan.FromSeconds(12));
        halves.Storage(0).Wake();
        await asked;

        try
        {
            Assert.Equal(head, Assert.IsType<ReadOutcome.Found>(await halves.Channel(0, Name).Read(Plain)).View.Version);
        }
        catch (UnknownOutcomeException)
        {
            // It found out that it is no longer the one; the next to ask is answered by another.
        }
    }

    [Fact]
    public async Task A_store_that_does_not_compare_is_found()
    {
        await using var halves = await TwoHalves.Start(TwoHalves.Memory);
        Assert.IsType<ChannelOutcome.Found>(await halves.Channel(0, Name).Create(new()));
        await Commit(halves, 0, session: 1);

        halves.Storage(0).Pause();
        var paused = Attempt(halves, 0, Next(session: 1));
        await halves.Storage(0).Held;
        for (var i = 0; i < 3; i++) await Commit(halves, 1, session: 2);
        halves.Storage(0).Overwrites = true;
        halves.Storage(0).Wake();
        var (write, told) = await paused;
        _told.Add(Name, write with { Answered = _told.Now, Told = Told.Accepted, Version = told!.Value });

        Assert.Contains(HistoryChecker.Check(await History(halves)), violation => violation.Kind == Broken.Lost);
    }

    private WriteOperation Next(int session)
    {
        var operation = string.Create(CultureInfo.InvariantCulture, $"op-{Interlocked.Increment(ref _operations)}");
        return new(session, operation, [new("k", Recorded.Value(operation, "k"))], _told.Now, _told.Now);
    }

    private Task Commit(TwoHalves halves, int half, int session) => Until(halves, half, Next(session));

    private async Task Until(TwoHalves halves, int half, WriteOperation write)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            if ((await Attempt(halves, half, write)).Told is not { } version) continue;
            _told.Add(Name, write with { Answered = _told.Now, Told = Told.Accepted, Version = version });
            return;
        }

        Assert.Fail($"{write} was not answered in {AttemptsMax} attempts.");
    }

    private async Task<(WriteOperation Write, long? Told)> Attempt(TwoHalves halves, int half, WriteOperation write)
    {
        var patch = new ContextPatch
        {
            Writes = [.. write.Writes.Select(entry => new ContextWrite(new(entry.Key), JsonValue.Parse(entry.Value!)))],
            Origin = new("writer"),
            OperationId = write.Operation,
        };
        try
        {
            return (write, Assert.IsType<PatchOutcome.Applied>(await halves.Channel(half, Name).Commit(patch)).Version.Number);
        }
        catch (UnknownOutcomeException)
        {
            Interlocked.Increment(ref _fenced);
            return (write, null);
        }
        catch (OrleansMessageRejectionException)
        {
            return (write, null);   // The runtime found no activation in time: the caller repeats it, as after any unknown outcome.
        }
    }

    private async Task Read(TwoHalves halves, int half, int session)
    {
        var invoked = _told.Now;
        try
        {
            var view = Assert.IsType<ReadOutcome.Found>(await halves.Channel(half, Name).Read(new())).View;
            _told.Add(Name, new ReadOperation(session, invoked, _told.Now, view.Version.Number, Recorded.Content(view)));
        }
        catch (UnknownOutcomeException)
        {
            Interlocked.Increment(ref _fenced);
        }
        catch (OrleansMessageRejectionException)
        {
            // Not read.
        }
    }

    private async Task<ChannelHistory> History(TwoHalves halves)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            try
            {
                var page = Assert.IsType<ChangesOutcome.Found>(await halves.Channel(1, Name).Changes(ContextVersion.None, 500)).Page;
                return new(Name) { Writes = [.. _told.Writes(Name)], Reads = [.. _told.Reads(Name)], Log = [.. page.Changes.Select(Recorded.Commit)] };
            }
            catch (Exception fault) when (fault is UnknownOutcomeException or OrleansMessageRejectionException)
            {
                // The other half was the last to have it.
            }
        }

        throw new InvalidOperationException("The log could not be read.");
    }
}
