namespace Rosud.Context;

/// <summary>Names one value of a context: segments of <c>[A-Za-z0-9_-]</c> joined by dots, for example <c>plan.scope</c>.</summary>
/// <param name="Value">1 to 256 characters (which are bytes). Not checked here: see <see cref="IsValid"/>.</param>
[GenerateSerializer, Immutable, Alias("rosud.context-key")]
public readonly record struct ContextKey([property: Id(0)] string Value) : IComparable<ContextKey>
{
    /// <summary>The longest key, in bytes.</summary>
    public const int LengthMax = 256;

    /// <summary>Whether <paramref name="text"/> is a key.</summary>
    public static bool IsValid(string? text)
    {
        if (text is not { Length: > 0 and <= LengthMax }) return false;
        var afterDot = true;
        foreach (var c in text)
        {
            if (c == '.' ? afterDot : !IsSegment(c)) return false;
            afterDot = c == '.';
        }

        return !afterDot;
    }

    /// <summary>The key of this name. Not checked here: whoever is asked to use it refuses one that is no key.</summary>
    public static implicit operator ContextKey(string value) => new(value);

    /// <summary>Ordinal order, which for keys is the order of their UTF-8 bytes.</summary>
    public int CompareTo(ContextKey other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;

    internal static bool IsSegment(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-';
}
