namespace Rosud.Context;

/// <summary>A point in one channel's history. Versions are dense: the next is always one more.</summary>
/// <param name="Number">How many commits there were up to this point. 0 is the empty context and is never stored.</param>
[GenerateSerializer, Immutable, Alias("rosud.context-version")]
public readonly record struct ContextVersion([property: Id(0)] long Number) : IComparable<ContextVersion>
{
    /// <summary>The version of a context that nobody has written to.</summary>
    public static ContextVersion None => new(0);

    /// <summary>The version that the next commit will have.</summary>
    public ContextVersion Next() => new(Number + 1);

    /// <summary>Whether this version was committed later than <paramref name="other"/>.</summary>
    public bool IsAfter(ContextVersion other) => Number > other.Number;

    /// <inheritdoc/>
    public int CompareTo(ContextVersion other) => Number.CompareTo(other.Number);

    /// <inheritdoc/>
    public override string ToString() => $"v{Number}";

    /// <summary>Earlier.</summary>
    public static bool operator <(ContextVersion left, ContextVersion right) => left.Number < right.Number;

    /// <summary>Later.</summary>
    public static bool operator >(ContextVersion left, ContextVersion right) => left.Number > right.Number;

    /// <summary>Earlier or the same.</summary>
    public static bool operator <=(ContextVersion left, ContextVersion right) => left.Number <= right.Number;

    /// <summary>Later or the same.</summary>
    public static bool operator >=(ContextVersion left, ContextVersion right) => left.Number >= right.Number;
}
