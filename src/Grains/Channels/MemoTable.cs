using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Channels;

/// <summary>What an agent once made of the same work: SEMANTICS R7. Kept in the channel's log.</summary>
/// <param name="Work">The hash of the work: who, what, and on which values.</param>
/// <param name="Writes">What its accepted attempt wrote, with what it had published early.</param>
/// <param name="Run">The run that the attempt was of.</param>
[GenerateSerializer, Immutable, Alias("rosud.memo")]
internal sealed record Memo(
    [property: Id(0)] ContentHash Work,
    [property: Id(1)] ImmutableArray<ContextWrite> Writes,
    [property: Id(2)] DateTimeOffset At,
    [property: Id(3)] string Run,
    [property: Id(4)] string Step)
{
    /// <summary>An answer larger than this is not remembered.</summary>
    public const int BytesMax = 64 * 1024;

    private const int OverheadBytes = 128;

    public string Name => Work.ToString();

    public int Bytes => OverheadBytes + Writes.Sum(write => write.Key.Value.Length + (write.Value?.Length ?? 0));
}

/// <summary>The memos of one channel: a value. Bounded in number and bytes; the oldest leave first.</summary>
internal sealed record MemoTable
{
    public const int CountMax = 1_000;

    public const long BytesMax = 4L * 1024 * 1024;

    public static MemoTable Empty { get; } = new();

    private ImmutableDictionary<string, Memo> ByName { get; init; } = ImmutableDictionary.Create<string, Memo>(StringComparer.Ordinal);

    private ImmutableSortedSet<(DateTimeOffset At, string Name)> Order { get; init; } = [];

    public long Bytes { get; private init; }

    public int Count => ByName.Count;

    public IEnumerable<string> Names => ByName.Keys;

    /// <summary>Whether it holds more than it may: then the oldest has to go.</summary>
    public bool IsOverfull => Count > CountMax || Bytes > BytesMax;

    public Memo? Oldest => Order.IsEmpty ? null : ByName[Order[0].Name];

    public static MemoTable Restore(IEnumerable<Memo> memos) => memos.Aggregate(Empty, (table, memo) => table.With(memo));

    public Memo? Find(string name) => ByName.GetValueOrDefault(name);

    public MemoTable With(Memo memo)
    {
        var without = Find(memo.Name) is { } before ? Without(before) : this;
        return without with { ByName = without.ByName.SetItem(memo.Name, memo), Order = without.Order.Add((memo.At, memo.Name)), Bytes = without.Bytes + memo.Bytes };
    }

    public MemoTable Without(Memo memo) => Find(memo.Name) is { } known
        ? this with { ByName = ByName.Remove(known.Name), Order = Order.Remove((known.At, known.Name)), Bytes = Bytes - known.Bytes }
        : this;
}
