using System.Buffers;

namespace Rosud.Context;

/// <summary>The shortest escapes of JSON text: for the quote, the backslash and control characters, and nothing else.</summary>
internal static class JsonEscapes
{
    private static readonly SearchValues<byte> Escaped = SearchValues.Create([.. Enumerable.Range(0, 32).Select(control => (byte)control), (byte)'"', (byte)'\\']);

    /// <summary>Writes text with escapes. Returns the bytes written.</summary>
    public static int Write(ReadOnlySpan<byte> text, Span<byte> output)
    {
        var length = 0;
        while (text.IndexOfAny(Escaped) is >= 0 and var plain)
        {
            text[..plain].CopyTo(output[length..]);
            length += plain;
            length += WriteEscape(text[plain], output[length..]);
            text = text[(plain + 1)..];
        }

        text.CopyTo(output[length..]);
        return length + text.Length;
    }

    /// <summary>Reads one byte of text that <see cref="Write"/> wrote.</summary>
    public static byte Next(ref ReadOnlySpan<byte> text)
    {
        var first = text[0];
        if (first != (byte)'\\')
        {
            text = text[1..];
            return first;
        }

        var escape = text[1];
        if (escape == (byte)'u')
        {
            var unicode = (byte)((Digit(text[4]) << 4) | Digit(text[5]));   // Only control characters, so two digits say all.
            text = text[6..];
            return unicode;
        }

        text = text[2..];
        return escape switch
        {
            (byte)'b' => (byte)'\b',
            (byte)'f' => (byte)'\f',
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            _ => escape,
        };
    }

    private static int WriteEscape(byte character, Span<byte> output)
    {
        output[0] = (byte)'\\';
        var letter = character switch
        {
            (byte)'"' or (byte)'\\' => character,
            (byte)'\b' => (byte)'b',
            (byte)'\f' => (byte)'f',
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            _ => (byte)'u',
        };
        output[1] = letter;
        if (letter != (byte)'u') return 2;
        "00"u8.CopyTo(output[2..]);
        output[4] = "0123456789abcdef"u8[character >> 4];
        output[5] = "0123456789abcdef"u8[character & 15];
        return 6;
    }

    private static int Digit(byte hex) => hex <= (byte)'9' ? hex - '0' : hex - 'a' + 10;
}
