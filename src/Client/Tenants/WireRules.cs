using System.ComponentModel.DataAnnotations;
using Rosud.Context;

namespace Rosud.Tenants;

/// <summary>A member that is left out of answers when it has no value.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class OptionalAttribute : Attribute;

/// <summary>What a text member must be; on a list it holds for each element, on a map for each key.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal abstract class TextRuleAttribute : Attribute
{
    public abstract string Pattern { get; }

    public abstract string Sentence { get; }

    public abstract bool Holds(string text);
}

/// <summary>A name that a caller chooses.</summary>
internal sealed class NameAttribute : TextRuleAttribute
{
    public override string Pattern => "^[a-z0-9][a-z0-9._-]{0,127}$";

    public override string Sentence => "A name has 1 to 128 of a-z 0-9 . _ - and starts with a letter or digit.";

    public override bool Holds(string text) => Names.IsValid(text);
}

/// <summary>A key of the context.</summary>
internal sealed class KeyNameAttribute : TextRuleAttribute
{
    public override string Pattern => @"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$";

    public override string Sentence => "A key has segments of A-Z a-z 0-9 _ - joined by dots, at most 256 characters.";

    public override bool Holds(string text) => ContextKey.IsValid(text);
}

/// <summary>A key, or a prefix ending in <c>*</c>.</summary>
internal sealed class KeysAttribute : TextRuleAttribute
{
    public override string Pattern => @"^(\*|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.?\*)?)$";

    public override string Sentence => "A pattern is a key, or the beginning of a key followed by *.";

    public override bool Holds(string text) => KeyPattern.IsValid(text);
}

/// <summary>A SHA-256 hash.</summary>
internal sealed class HashAttribute : TextRuleAttribute
{
    public override string Pattern => "^[0-9a-f]{64}$";

    public override string Sentence => "A hash has 64 digits of 0-9 a-f.";

    public override bool Holds(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);
}

/// <summary>Free text of a limited length.</summary>
internal sealed class TextAttribute(int lengthMax, int lengthMin = 0) : TextRuleAttribute
{
    public int LengthMax { get; } = lengthMax;

    public int LengthMin { get; } = lengthMin;

    public override string Pattern => "";

    public override string Sentence => $"The text must have {LengthMin} to {LengthMax} characters.";

    public override bool Holds(string text) => text.Length >= LengthMin && text.Length <= LengthMax;
}

/// <summary>How many elements a list or map may have.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class CountAttribute(int max) : Attribute
{
    public int Max { get; } = max;
}

/// <summary>A duration in milliseconds up to 7 days.</summary>
internal sealed class DurationMsAttribute(double min = 1) : RangeAttribute(min, MaxMs)
{
    public const double MaxMs = 7 * 24 * 3600 * 1000d;
}
