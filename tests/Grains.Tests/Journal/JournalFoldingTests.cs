using Microsoft.Extensions.Time.Testing;

namespace Rosud.Journal;

/// <summary>PROTOCOL-journal "Folding": when the ring becomes a segment, and segments a base.</summary>
public sealed class JournalFoldingTests
{
    private readonly MemoryRecordStore _store = new();
    private readonly FakeTimeProvider _time = new();

    [Fact]   // The segment that was just written is the one that makes a base due.
    public void A_base_that_a_fold_makes_due_is_written_with_it() => OneThread.Run(async () =>
    {
        var limits = JournalOwner.Small with { BaseSegments = 1 };
        await Filled(3);

        var (memory, folding) = await Open(limits);
        Assert.Equal((3, 0L), (memory.Ring.Count, memory.Head.Base.Position));
        await folding.Run();

        Assert.Empty(memory.Ring);
        Assert.Equal((3L, 3L), (memory.Head.Fold.Position, memory.Head.Base.Position));
    });

    [Fact]   // The owner's value is there for the newest batch only; a segment that ends before it would cost a read of all that is stored.
    public void A_base_that_is_due_waits_for_a_fold_that_reaches_the_newest_batch() => OneThread.Run(async () =>
    {
        var limits = JournalOwner.Small with { BaseSegments = 1 };
        var owner = await JournalOwner.Open(_store, JournalOwner.Small with { FoldSlots = 1_000, FoldBytes = int.MaxValue });
        foreach (var (key, bytes) in new[] { ("a", 800_000), ("b", 800_000), ("c", 100) }) await owner.Set(key, new string('x', bytes));
        var (memory, folding) = await Open(limits);

        await folding.Run();
        Assert.Equal((1L, 0L), (memory.Head.Fold.Position, memory.Head.Base.Position));
        await folding.Run();

        Assert.Equal((3L, 3L), (memory.Head.Fold.Position, memory.Head.Base.Position));
    });

    [Fact]
    public void An_empty_ring_is_not_folded() => OneThread.Run(async () =>
    {
        await Filled(3);
        var (memory, folding) = await Open(JournalOwner.Small with { BaseSegments = 1 });
        await folding.Run();
        var written = _store.Written.Count;

        await folding.Run();

        Assert.Equal(written, _store.Written.Count);
    });

    [Fact]   // A base only because no cell is free for the next segment.
    public void There_is_always_a_cell_for_the_next_segment() => OneThread.Run(async () =>
    {
        var limits = JournalOwner.Small with { BaseSegments = 1_000, BaseBytesMin = int.MaxValue, HistoryVersions = 1_000 };
        var owner = await JournalOwner.Open(_store, limits);
        for (var i = 0; i < 100; i++)
        {
            await owner.Set($"key-{i % 3}", $"{i}");
            if (i % 10 != 9) continue;
            var (memory, folding) = await Open(limits);
            await folding.Run();
            Assert.InRange(memory.Head.Segments.Length, 0, limits.SegmentCells - 1);
            owner = await JournalOwner.Open(_store, limits);
        }

        Assert.Equal("99", owner.Values["key-0"]);
    });

    [Fact]   // One more than the operations need: the newest is seldom full.
    public void Operations_have_a_spare_cell() => OneThread.Run(async () =>
    {
        var owner = await JournalOwner.Open(_store);
        for (var i = 0; i < 3; i++) await owner.Set("key", $"{i}", operation: $"operation-{i}");
        var (memory, folding) = await Open(JournalOwner.Small with { BaseSegments = 1 });

        await folding.Run();

        Assert.Equal((JournalOwner.Small.Operations / JournalOwner.Small.OperationsPerCell) + 1, memory.Head.OperationCopies.Length);
    });

    private async Task Filled(int batches)
    {
        var owner = await JournalOwner.Open(_store);
        for (var i = 0; i < batches; i++) await owner.Set($"key-{i}", "value");
    }

    private async Task<(JournalMemory Memory, JournalFolding Folding)> Open(JournalLimits limits)
    {
        var records = new FencedRecords(_store, _time, JournalRules.All);
        var (memory, _) = await new JournalActivation(records, limits, _time, JournalRules.All).Run(default);
        return (memory, new(records, memory, limits, _time, JournalRules.All));
    }
}
