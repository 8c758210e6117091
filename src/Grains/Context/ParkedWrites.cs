using System.Collections.Immutable;

namespace Rosud.Context;

/// <summary>The writes of one channel that wait for somebody to resolve them: a value. SEMANTICS C10.</summary>
internal sealed record ParkedWrites
{
    /// <summary>How many may wait for one key.</summary>
    public const int PerKeyMax = 100;

    private ImmutableDictionary<long, ParkedWrite> _byNumber = ImmutableDictionary<long, ParkedWrite>.Empty;
    private ImmutableSortedSet<long> _numbers = [];
    private ImmutableDictionary<ContextKey, int> _perKey = ImmutableDictionary<ContextKey, int>.Empty;

    private ParkedWrites() { }

    public static ParkedWrites None { get; } = new();

    /// <summary>The last number that was given. Numbers are never used again, also not when the channel is made again.</summary>
    public long LastNumber { get; private init; }

    public int Count => _numbers.Count;

    /// <summary>Bytes of keys and values that wait.</summary>
    public long Bytes { get; private init; }

    /// <summary>All numbers, in order.</summary>
    public IEnumerable<long> Numbers => _numbers;

    /// <summary>What storage held.</summary>
    public static ParkedWrites Restore(long lastNumber, IEnumerable<ParkedWrite> writes) =>
        writes.Aggregate(None, (all, write) => all.Add(write)) with { LastNumber = lastNumber };

    public ParkedWrite? Find(long number) => _byNumber.GetValueOrDefault(number);

    public int CountOf(ContextKey key) => _perKey.GetValueOrDefault(key);

    /// <summary>The writes after a number, in order; looks at no other.</summary>
    public IEnumerable<ParkedWrite> After(long number)
    {
        var start = number == long.MaxValue ? _numbers.Count : _numbers.IndexOf(number + 1);
        for (var i = start < 0 ? ~start : start; i < _numbers.Count; i++) yield return _byNumber[_numbers[i]];
    }

    /// <summary>Parks one write more, under the next number.</summary>
    public (ParkedWrites Next, ParkedWrite Parked) Park(ContextWrite write, ContextPatch patch, ContextVersion head, DateTimeOffset now)
    {
        var parked = new ParkedWrite { Number = LastNumber + 1, Write = write, BasedOn = patch.BasedOn, Origin = patch.Origin, ParkedAt = now, Head = head };
        return (Add(parked) with { LastNumber = parked.Number }, parked);
    }

    public ParkedWrites Remove(ParkedWrite parked) => this with
    {
        Bytes = Bytes - SizeOf(parked),
        _byNumber = _byNumber.Remove(parked.Number),
        _numbers = _numbers.Remove(parked.Number),
        _perKey = CountOf(parked.Write.Key) is > 1 and var count ? _perKey.SetItem(parked.Write.Key, count - 1) : _perKey.Remove(parked.Write.Key),
    };

    /// <summary>What a parked write takes of the channel's quota.</summary>
    public static long SizeOf(ParkedWrite parked) => SizeOf(parked.Write);

    /// <inheritdoc cref="SizeOf(ParkedWrite)"/>
    public static long SizeOf(ContextWrite write) => write.Key.Value.Length + (write.Value?.Length ?? 0);

    private ParkedWrites Add(ParkedWrite parked) => this with
    {
        Bytes = Bytes + SizeOf(parked),
        _byNumber = _byNumber.Add(parked.Number, parked),
        _numbers = _numbers.Add(parked.Number),
        _perKey = _perKey.SetItem(parked.Write.Key, CountOf(parked.Write.Key) + 1),
    };
}
