namespace Rosud.Context;

/// <summary>One key, or every key with a prefix: <c>plan.scope</c>, <c>plan.*</c>, <c>*</c>.</summary>
/// <param name="Value">A key, or a prefix ending in <c>*</c>. Not checked here: see <see cref="IsValid"/>.</param>
[GenerateSerializer, Immutable, Alias("rosud.key-pattern")]
public readonly record struct KeyPattern([property: Id(0)] string Value) : IComparable<KeyPattern>
{
    /// <summary>The pattern of this text. Not checked here: whoever is asked to use it refuses one that is no pattern.</summary>
    public static implicit operator KeyPattern(string value) => new(value);

    /// <summary>Every key.</summary>
    public static KeyPattern All => new("*");

    /// <summary>Whether this names exactly one key.</summary>
    public bool IsExact => !Value.EndsWith('*');

    /// <summary>Whether this is <c>*</c>, every key.</summary>
    public bool IsAll => Value == "*";

    /// <summary>What every matching key starts with; of an exact pattern the key itself.</summary>
    public ReadOnlySpan<char> Prefix => IsExact ? Value : Value.AsSpan(0, Value.Length - 1);

    /// <summary>Whether <paramref name="text"/> is a key or a prefix ending in <c>*</c>.</summary>
    public static bool IsValid(string? text)
    {
        if (text is not { Length: > 0 and <= ContextKey.LengthMax }) return false;
        if (!text.EndsWith('*')) return ContextKey.IsValid(text);
        if (text.Length == 1) return true;
        var prefix = text[..^1];
        return ContextKey.IsValid(prefix.EndsWith('.') ? prefix[..^1] : prefix);
    }

    /// <summary>Whether <paramref name="key"/> is meant.</summary>
    public bool Matches(ContextKey key) => IsExact
        ? string.Equals(key.Value, Value, StringComparison.Ordinal)
        : key.Value.AsSpan().StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Whether some key could match both.</summary>
    public bool Overlaps(KeyPattern other) => (IsExact, other.IsExact) switch
    {
        (true, _) => other.Matches(new(Value)),
        (_, true) => Matches(new(other.Value)),
        _ => Prefix.StartsWith(other.Prefix, StringComparison.Ordinal) || other.Prefix.StartsWith(Prefix, StringComparison.Ordinal),
    };

    /// <summary>Whether every key that matches <paramref name="other"/> matches this.</summary>
    public bool Covers(KeyPattern other) => other.IsExact ? Matches(new(other.Value)) : !IsExact && other.Prefix.StartsWith(Prefix, StringComparison.Ordinal);

    /// <inheritdoc/>
    public int CompareTo(KeyPattern other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
