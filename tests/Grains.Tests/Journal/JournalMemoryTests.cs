using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Rosud.Journal;

public sealed class JournalMemoryTests
{
    private static readonly JournalLimits Limits = JournalOwner.Small;
    private readonly JournalMemory _memory = new(JournalHead.Empty, Limits, new FakeTimeProvider());

    [Fact]   // A key, its value and four bytes.
    public void Live_bytes_are_those_of_the_keys_that_live()
    {
        Land(Change("ab", null, "12345"));
        Assert.Equal(2 + 5 + 4, _memory.LiveBytes);
        Land(Change("ab", "12345", "1"), Change("c", null, ""));
        Assert.Equal((2 + 1 + 4) + (1 + 4), _memory.LiveBytes);
        Land(Change("ab", "1", null));
        Assert.Equal(1 + 4, _memory.LiveBytes);
        Land(Change("c", "", null));
        Assert.Equal(0, _memory.LiveBytes);
    }

    [Fact]
    public void Ring_bytes_are_those_of_the_batches_that_are_not_folded()
    {
        var first = Land(Change("a", null, "1"));
        var second = Land(Change("b", null, "a longer value"));
        Assert.Equal(first.Record.Length + second.Record.Length, _memory.RingBytes);

        var folded = _memory.Publish(JournalHead.Empty with { Fold = first.End });

        Assert.Equal(first.End, folded!.End);
        Assert.Equal(second.Record.Length, _memory.RingBytes);
        Assert.Null(_memory.Publish(JournalHead.Empty with { Fold = first.End }));
        _memory.Publish(JournalHead.Empty with { Fold = second.End });
        Assert.Equal((0L, 0), (_memory.RingBytes, _memory.Ring.Count));
    }

    [Fact]
    public void What_landed_is_history_at_once()
    {
        Land(Change("a", null, "1"));
        Land(Change("a", "1", "2"));

        Assert.Equal([1L, 2L], _memory.Recent.After(0, 10).Select(entry => entry.Version));
    }

    [Fact]
    public void Operations_go_on_from_the_heads_count()
    {
        var memory = new JournalMemory(JournalHead.Empty with { Operations = 40 }, Limits, new FakeTimeProvider());
        Assert.Equal(40, memory.Operations.End);

        memory.StartAtBase();

        Assert.Equal(40, memory.OperationsAtFold);
    }

    private JournalBatch Land(params JournalChange[] changes)
    {
        var batch = JournalBatch.Next(_memory.End, [new(_memory.End.Version + 1, "note"u8.ToArray(), [.. changes])], epoch: 1);
        _memory.Apply(batch, after: null);
        return batch;
    }

    private static JournalChange Change(string key, string? before, string? after) => new(key, Bytes(before), Bytes(after));

    private static ReadOnlyMemory<byte>? Bytes(string? text) => text is null ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes(text);
}
