using System.Globalization;
using System.Numerics;
using System.Text;

namespace Rosud.Context;

/// <summary>A decimal number of at most 28 digits, before and after the point together, exactly. Equal numbers are equal and have one spelling.</summary>
internal readonly record struct ExactDecimal : IComparable<ExactDecimal>
{
    public const int DigitsMax = 28;

    private static readonly BigInteger Limit = BigInteger.Pow(10, DigitsMax);

    // The number is _digits / 10^_scale, with the least scale (0 or more) that can say it.
    private readonly BigInteger _digits;
    private readonly int _scale;

    private ExactDecimal(BigInteger digits, int scale) => (_digits, _scale) = (digits, scale);

    /// <summary>Reads a JSON number. False when it is none, or has more digits.</summary>
    public static bool TryParse(JsonValue json, out ExactDecimal number)
    {
        number = default;
        var text = json.Utf8.Span;
        if (text[0] != (byte)'-' && !char.IsAsciiDigit((char)text[0])) return false;
        var exponentAt = text.IndexOfAny((byte)'e', (byte)'E');
        var mantissa = exponentAt < 0 ? text : text[..exponentAt];
        var point = mantissa.IndexOf((byte)'.');
        var digitsText = Encoding.ASCII.GetString(mantissa).Replace(".", "", StringComparison.Ordinal);
        var digits = BigInteger.Parse(digitsText, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var exponent = 0L;
        if (exponentAt >= 0 && !long.TryParse(text[(exponentAt + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
        {
            return digits.IsZero;   // An exponent of twenty digits: zero with any exponent is zero, all else is out of range.
        }

        var fraction = point < 0 ? 0 : mantissa.Length - point - 1;
        return TryNormalize(digits, exponent, fraction, out number);
    }

    /// <summary>The exact sum; null when it has more digits.</summary>
    public ExactDecimal? Plus(ExactDecimal other)
    {
        var scale = Math.Max(_scale, other._scale);
        return TryNormalize(At(scale) + other.At(scale), 0, scale, out var sum) ? sum : null;
    }

    public int CompareTo(ExactDecimal other)
    {
        var scale = Math.Max(_scale, other._scale);
        return At(scale).CompareTo(other.At(scale));
    }

    /// <summary>The number without exponent and without needless zeros.</summary>
    public JsonValue ToJson() => JsonValue.Trusted(Encoding.ASCII.GetBytes(ToString()));

    public override string ToString()
    {
        var digits = BigInteger.Abs(_digits).ToString(CultureInfo.InvariantCulture).PadLeft(_scale + 1, '0');
        return (_digits.Sign < 0 ? "-" : "") + (_scale == 0 ? digits : $"{digits[..^_scale]}.{digits[^_scale..]}");
    }

    private static bool TryNormalize(BigInteger digits, long exponent, int fraction, out ExactDecimal number)
    {
        number = default;
        if (digits.IsZero) return true;
        if (Math.Abs(exponent) > 4 * JsonValue.NumberLengthMax) return false;   // Out of range whatever the at most 64 digits are.
        var scale = fraction - (int)exponent;
        if (scale < 0) (digits, scale) = (digits * BigInteger.Pow(10, -scale), 0);
        while (scale > 0 && digits % 10 == 0) (digits, scale) = (digits / 10, scale - 1);
        if (scale > DigitsMax || BigInteger.Abs(digits) >= Limit) return false;
        number = new(digits, scale);
        return true;
    }

    private BigInteger At(int scale) => _digits * BigInteger.Pow(10, scale - _scale);
}
