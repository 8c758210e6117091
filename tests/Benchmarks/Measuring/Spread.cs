using System.Collections.Immutable;

namespace Rosud.Measuring;

/// <summary>One figure over its repetitions: a value that knows its middle and its ends.</summary>
internal sealed record Spread
{
    private readonly ImmutableArray<double> _sorted;

    /// <param name="values">One number per repetition, in any order.</param>
    /// <exception cref="ArgumentException">There is none, or one is not a number.</exception>
    public Spread(IEnumerable<double> values)
    {
        Values = [.. values];
        if (Values.IsEmpty) throw new ArgumentException("A figure needs at least one repetition.", nameof(values));
        if (Values.Any(double.IsNaN)) throw new ArgumentException("A repetition is not a number.", nameof(values));
        _sorted = Values.Sort();
    }

    /// <summary>The repetitions in the order they were made.</summary>
    public ImmutableArray<double> Values { get; }

    public double Min => _sorted[0];

    public double Max => _sorted[^1];

    /// <summary>The middle one; of an even number the mean of the two in the middle.</summary>
    public double Median => (_sorted[(_sorted.Length - 1) / 2] + _sorted[_sorted.Length / 2]) / 2;

    /// <summary>Each repetition against the same repetition of <paramref name="other"/>, as far as both go.</summary>
    public Spread Over(Spread other) => new(Values.Zip(other.Values, (mine, theirs) => theirs == 0 ? 0 : mine / theirs));

    public bool Equals(Spread? other) => other is not null && Values.SequenceEqual(other.Values);

    public override int GetHashCode() => Values.Aggregate(0, HashCode.Combine);
}
