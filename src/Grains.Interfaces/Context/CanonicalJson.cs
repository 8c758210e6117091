using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>Writes JSON in its one canonical form and finds what is wrong with it on the way.</summary>
internal ref struct CanonicalJson
{
    private readonly ArrayBufferWriter<byte> _output;
    private readonly List<object> _path = [];
    private Utf8JsonReader _reader;

    private CanonicalJson(ReadOnlySpan<byte> utf8)
    {
        _output = new(utf8.Length + 16);
        _reader = new(utf8, new JsonReaderOptions { MaxDepth = JsonValue.DepthMax });
    }

    public static byte[]? Write(ReadOnlySpan<byte> utf8, out ProblemError? error)
    {
        if (utf8.StartsWith("\uFEFF"u8)) utf8 = utf8[3..];
        error = Utf8.IsValid(utf8) ? null : new("", "The text is not valid UTF-8.", "invalid_utf8");
        if (error is not null) return null;
        var json = new CanonicalJson(utf8);
        try
        {
            json._reader.Read();
            error = json.Value();
            if (error is null) json._reader.Read();   // Throws when something follows the value.
        }
        catch (JsonException fault)
        {
            var code = fault.Message.Contains("depth", StringComparison.OrdinalIgnoreCase) ? "too_deep" : "invalid_json";
            error = json.Fault(string.Create(CultureInfo.InvariantCulture, $"This is not JSON, at line {fault.LineNumber + 1}, byte {fault.BytePositionInLine}."), code);
        }

        return error is null ? json._output.WrittenSpan.ToArray() : null;
    }

    private ProblemError? Value()
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return Object();
            case JsonTokenType.StartArray:
                return Array();
            case JsonTokenType.String:
                return Text(out _);
            case JsonTokenType.Number when _reader.ValueSpan.Length > JsonValue.NumberLengthMax:
                return Fault($"A number may have {JsonValue.NumberLengthMax} characters.", "number_too_long");
            default:
                _output.Write(_reader.ValueSpan);
                return null;
        }
    }

    private ProblemError? Array()
    {
        _output.Write("["u8);
        for (var i = 0; _reader.Read() && _reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (i > 0) _output.Write(","u8);
            _path.Add(i);
            if (Value() is { } fault) return fault;
            _path.RemoveAt(_path.Count - 1);
        }

        _output.Write("]"u8);
        return null;
    }

    private ProblemError? Object()
    {
        _output.Write("{"u8);
        var start = _output.WrittenCount;
        var members = new List<(byte[] Name, int Start, int Length)>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var memberStart = _output.WrittenCount;
            if (Text(out var name) is { } badName) return badName;
            _path.Add(name);
            _output.Write(":"u8);
            _reader.Read();
            if (Value() is { } fault) return fault;
            _path.RemoveAt(_path.Count - 1);
            members.Add((name, memberStart, _output.WrittenCount - memberStart));
            _output.Write(","u8);
        }

        return Sort(members, start);
    }

    private ProblemError? Sort(List<(byte[] Name, int Start, int Length)> members, int start)
    {
        var written = _output.WrittenSpan[start..].ToArray();
        members.Sort(static (x, y) => x.Name.AsSpan().SequenceCompareTo(y.Name));
        for (var i = 1; i < members.Count; i++)
        {
            if (!members[i].Name.AsSpan().SequenceEqual(members[i - 1].Name)) continue;
            _path.Add(members[i].Name);
            return Fault("The member is there twice.", "duplicate_name");
        }

        Rewind(start);
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0) _output.Write(","u8);
            _output.Write(written.AsSpan(members[i].Start - start, members[i].Length));
        }

        _output.Write("}"u8);
        return null;
    }

    private readonly void Rewind(int length)
    {
        var kept = _output.WrittenSpan[..length].ToArray();
        _output.ResetWrittenCount();
        _output.Write(kept);
    }

    private ProblemError? Text(out byte[] unescaped)
    {
        if (!_reader.ValueIsEscaped)
        {
            unescaped = _reader.ValueSpan.ToArray();
        }
        else
        {
            var buffer = new byte[_reader.ValueSpan.Length];
            unescaped = buffer;
            try
            {
                unescaped = buffer[.._reader.CopyString(buffer)];
            }
            catch (InvalidOperationException)
            {
                return Fault("The text has half of a surrogate pair.", "lone_surrogate");
            }
        }

        Escape(unescaped);
        return null;
    }

    private readonly void Escape(ReadOnlySpan<byte> text)
    {
        _output.Write("\""u8);
        while (text.Length > 0)
        {
            var plain = text.IndexOfAnyInRange((byte)0, (byte)0x1f) is var control && text.IndexOfAny((byte)'"', (byte)'\\') is var quote && control >= 0 && quote >= 0
                ? Math.Min(control, quote)
                : Math.Max(control, quote);
            if (plain < 0) break;
            _output.Write(text[..plain]);
            _output.Write(text[plain] switch
            {
                (byte)'"' => "\\\""u8,
                (byte)'\\' => "\\\\"u8,
                (byte)'\b' => "\\b"u8,
                (byte)'\f' => "\\f"u8,
                (byte)'\n' => "\\n"u8,
                (byte)'\r' => "\\r"u8,
                (byte)'\t' => "\\t"u8,
                var other => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)other:x4}")),
            });
            text = text[(plain + 1)..];
        }

        _output.Write(text);
        _output.Write("\""u8);
    }

    private readonly ProblemError Fault(string message, string code) => new(
        string.Concat(_path.Select(part => "/" + (part is byte[] name
            ? Encoding.UTF8.GetString(name).Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)
            : part.ToString()))),
        message, code);
}
