using Microsoft.Extensions.Time.Testing;

namespace Rosud.Journal;

/// <summary>PROTOCOL-journal "Activation": what one meets that takes a journal over.</summary>
public sealed class JournalActivationTests
{
    private readonly MemoryRecordStore _store = new();
    private readonly FakeTimeProvider _time = new() { AutoAdvanceAmount = TimeSpan.Zero };

    [Fact]
    public void A_start_that_is_called_off_reads_nothing() => OneThread.Run(async () =>
    {
        using var off = new CancellationTokenSource();
        await off.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => Activation().Run(off.Token));

        Assert.Equal(0, _store.Reads);
    });

    [Fact]
    public void A_store_that_takes_no_head_is_asked_so_often_and_no_more()
    {
        var tries = 0;
        _store.BeforeWrite = name =>
        {
            tries++;
            throw new IOException($"{name} is not written.");
        };

        var fault = Fault(() => Activation().Run(default));

        Assert.Equal("The journal could not be taken over.", Assert.IsType<JournalFencedException>(fault).Message);
        Assert.Equal(FencedRecords.AttemptsMax, tries);
    }

    [Fact]
    public void A_seal_whose_outcome_stays_unknown_is_tried_so_often_and_no_more()
    {
        var tries = 0;
        _store.BeforeWrite = name =>
        {
            if (name == JournalHead.Name) return Task.CompletedTask;
            tries++;
            throw new IOException($"{name} is not written.");
        };

        var fault = Fault(() => Activation().Run(default));

        Assert.Equal("The outcome of the seal stayed unknown.", Assert.IsType<JournalFencedException>(fault).Message);
        Assert.Equal(FencedRecords.AttemptsMax, tries);
    }

    [Fact]   // The second look finds its own seal: it is not written again.
    public void A_seal_that_landed_unheard_is_found() => OneThread.Run(async () =>
    {
        _store.AfterWrite = name =>
        {
            if (name == JournalHead.Name) return;
            _store.AfterWrite = _ => { };
            throw new IOException("The answer was lost.");
        };

        var (memory, _) = await Activation().Run(default);

        Assert.Equal(0, memory.End.Position);
        Assert.Equal(2, _store.Written.Count);   // Head and one seal.
    });

    [Fact]   // What the one before lands between the reading and the seal is decided, and the seal comes after it.
    public void A_batch_that_came_before_the_seal_counts_and_the_seal_follows_it() => OneThread.Run(async () =>
    {
        var old = await JournalOwner.Open(_store);
        await old.Set("a", "1");
        var isRival = true;
        _store.BeforeWrite = async name =>
        {
            if (name == JournalHead.Name || !isRival) return;
            isRival = false;
            await old.Set("b", "2");
        };

        var (memory, recovery) = await Activation().Run(default);

        Assert.Equal((2L, 2L), (memory.End.Position, recovery.Version));
        Assert.Equal(["a", "b"], recovery.Live.Keys.Order());
        await Assert.ThrowsAsync<JournalFencedException>(() => old.Set("c", "3"));
    });

    [Fact]   // Head and every slot once, and the seal is not looked at again.
    public void A_start_reads_each_record_once_and_seals_the_next_slot() => OneThread.Run(async () =>
    {
        var (memory, _) = await Activation().Run(default);

        Assert.Equal(1 + JournalOwner.Small.Slots, _store.Reads);
        var seal = RecordFrame.Read((await _store.Read("log-1")).Content!.Value);
        Assert.Equal((RecordKind.Seal, 1L, memory.End.Position + 1), (seal.Kind, seal.Epoch, seal.Position));
    });

    [Fact]
    public void A_ring_that_went_round_between_reading_and_seal_is_a_rivals()
    {
        var isRival = true;
        _store.BeforeWrite = async name =>
        {
            if (name != "log-1" || !isRival) return;
            isRival = false;
            await _store.Write(name, new RecordWriter(0).Finish(RecordKind.Batch, 1, 1 + JournalOwner.Small.Slots), null);
        };

        Assert.Equal("The ring is a lap ahead.", Assert.IsType<JournalFencedException>(Fault(() => Activation().Run(default))).Message);
    }

    [Fact]   // What an earlier lap left is: nobody writes there but the one who owns the journal.
    public void What_a_rival_wrote_beyond_a_gap_is_not_known_well_enough_to_write_over() => OneThread.Run(async () =>
    {
        var owner = await JournalOwner.Open(_store);
        for (var i = 0; i < 11; i++) await owner.Set("key", $"{i}");
        var (beyond, earlier) = ($"log-{13 % JournalOwner.Small.Slots}", $"log-{14 % JournalOwner.Small.Slots}");
        await _store.Write(beyond, new RecordWriter(0).Finish(RecordKind.Batch, 1, 13), (await _store.Read(beyond)).ETag);
        var records = new FencedRecords(_store, _time, JournalRules.All);

        var (memory, _) = await new JournalActivation(records, JournalOwner.Small, _time, JournalRules.All).Run(default);

        Assert.Equal(11, memory.End.Position);
        Assert.False(records.Knows(beyond));
        Assert.True(records.Knows(earlier));
    });

    [Fact]
    public void Live_bytes_are_known_again_after_bases_and_folds() => OneThread.Run(async () =>
    {
        var owner = await JournalOwner.Open(_store);
        for (var i = 0; i < 40; i++) await owner.Set($"key-{i % 7}", i % 5 == 0 ? null : new string('x', i));

        var (memory, recovery) = await Activation().Run(default);

        Assert.True(memory.Head.Base.Position > 0);   // There are pages, segments after them and a ring.
        Assert.Equal(recovery.Live.Sum(pair => pair.Key.Length + pair.Value.Length + 4), memory.LiveBytes);
        Assert.Equal(owner.Values.Keys, recovery.Live.Keys.Order(StringComparer.Ordinal));
    });

    private JournalActivation Activation(JournalLimits? limits = null) =>
        new(new FencedRecords(_store, _time, JournalRules.All), limits ?? JournalOwner.Small, _time, JournalRules.All);

    // Its pauses are the only thing that waits: time goes on whenever nothing else can.
    private Exception Fault(Func<Task> start)
    {
        var thread = new OneThread();
        Task task = Task.CompletedTask;
        thread.Enter(() => task = start());
        for (var pause = 0; pause < 1_000 && !task.IsCompleted; pause++)
        {
            thread.Enter(thread.Pump);
            if (!task.IsCompleted) thread.Enter(() => _time.Advance(TimeSpan.FromSeconds(1)));
        }

        return task.Exception?.InnerException ?? throw new InvalidOperationException("It did not fail.");
    }
}
