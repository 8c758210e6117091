using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>Writes JSON in its one canonical form and finds what is wrong with it on the way.</summary>
/// <remarks>
/// Canonical text is never longer than the text it is made of, so one buffer of that size holds it. The members of an object
/// are written as they come and put in order, in place, when the object ends; a byte is moved at most once per level of nesting.
/// </remarks>
internal ref struct CanonicalJson
{
    private readonly byte[] _text;
    private readonly byte[] _scratch;
    private readonly JsonPath _path = new();
    private Utf8JsonReader _reader;
    private JsonMember[] _members = [];
    private int _memberCount;
    private int _length;

    private CanonicalJson(ReadOnlySpan<byte> utf8, byte[] text, byte[] scratch)
    {
        (_text, _scratch) = (text, scratch);
        // One level more than is allowed, so that the reader never refuses what must be refused here, with its pointer.
        _reader = new(utf8, new JsonReaderOptions { MaxDepth = JsonValue.DepthMax + 1 });
    }

    public static byte[]? Write(ReadOnlySpan<byte> utf8, out ProblemError? error)
    {
        if (utf8.StartsWith("\uFEFF"u8)) utf8 = utf8[3..];
        error = Utf8.IsValid(utf8) ? null : new("", "The text is not valid UTF-8.", "invalid_utf8");
        if (error is not null) return null;
        var text = ArrayPool<byte>.Shared.Rent(utf8.Length);
        var scratch = ArrayPool<byte>.Shared.Rent(utf8.Length);
        try
        {
            var json = new CanonicalJson(utf8, text, scratch);
            error = json.Document();
            return error is null ? text[..json._length] : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(text);
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private ProblemError? Document()
    {
        try
        {
            while (_reader.Read())
            {
                if (Token() is { } fault) return fault;
            }

            return null;
        }
        catch (JsonException fault)
        {
            return Fault(string.Create(CultureInfo.InvariantCulture, $"This is not JSON, at line {fault.LineNumber + 1}, byte {fault.BytePositionInLine}."), "invalid_json");
        }
    }

    private ProblemError? Token()
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                if (_path.Next()) Put((byte)',');
                var start = _length;
                var fault = Text();
                _path.Name(start, _length - start);
                Put((byte)':');
                return fault;
            case JsonTokenType.StartArray or JsonTokenType.StartObject:
                return Begin(_reader.TokenType == JsonTokenType.StartArray);
            case JsonTokenType.EndArray:
                Put((byte)']');
                _path.Leave();
                return Ended();
            case JsonTokenType.EndObject:
                return EndObject();
            default:
                Separate();
                return Scalar() ?? Ended();
        }
    }

    private ProblemError? Begin(bool isArray)
    {
        Separate();
        if (_path.Depth == JsonValue.DepthMax) return Fault($"Arrays and objects may nest {JsonValue.DepthMax} deep.", "too_deep");
        Put(isArray ? (byte)'[' : (byte)'{');
        _path.Enter(isArray, _memberCount, _length);
        return null;
    }

    private void Separate()
    {
        if (_path.IsArray && _path.Next()) Put((byte)',');
    }

    private ProblemError? Scalar()
    {
        if (_reader.TokenType == JsonTokenType.String) return Text();
        if (_reader.TokenType == JsonTokenType.Number && _reader.ValueSpan.Length > JsonValue.NumberLengthMax)
        {
            return Fault($"A number may have {JsonValue.NumberLengthMax} characters.", "number_too_long");
        }

        Put(_reader.ValueSpan);
        return null;
    }

    // A value is complete: if it belongs to a member, that is complete too.
    private ProblemError? Ended()
    {
        if (_path.Ended() is not { } name) return null;
        if (_memberCount == _members.Length) Array.Resize(ref _members, Math.Max(16, 2 * _memberCount));
        _members[_memberCount++] = new(name.Start, name.Length, _length - name.Start, _text.AsSpan(name.Start, name.Length).Contains((byte)'\\'));
        return null;
    }

    private ProblemError? EndObject()
    {
        var (first, start) = _path.Leave();
        var members = _members.AsSpan(first, _memberCount - first);
        var order = new JsonMemberOrder(_text);
        var isSorted = true;
        for (var i = 1; i < members.Length && isSorted; i++) isSorted = order.Compare(members[i - 1], members[i]) < 0;
        if (!isSorted)
        {
            members.Sort(order);
            for (var i = 1; i < members.Length; i++)
            {
                if (order.Compare(members[i - 1], members[i]) == 0) return Fault("The member is there twice.", "duplicate_name", members[i]);
            }

            Rearrange(members, start);
        }

        _memberCount = first;
        Put((byte)'}');
        return Ended();
    }

    private readonly void Rearrange(ReadOnlySpan<JsonMember> members, int start)
    {
        _text.AsSpan(start, _length - start).CopyTo(_scratch);
        var to = start;
        foreach (var member in members)
        {
            if (to > start) _text[to++] = (byte)',';
            _scratch.AsSpan(member.Start - start, member.Length).CopyTo(_text.AsSpan(to));
            to += member.Length;
        }
    }

    private ProblemError? Text()
    {
        Put((byte)'"');
        if (!_reader.ValueIsEscaped)
        {
            Put(_reader.ValueSpan);
        }
        else
        {
            try
            {
                var length = _reader.CopyString(_scratch);
                _length += JsonEscapes.Write(_scratch.AsSpan(0, length), _text.AsSpan(_length));
            }
            catch (InvalidOperationException)
            {
                return Fault("The text has half of a surrogate pair.", "lone_surrogate");
            }
        }

        Put((byte)'"');
        return null;
    }

    private void Put(byte one) => _text[_length++] = one;

    private void Put(ReadOnlySpan<byte> many)
    {
        many.CopyTo(_text.AsSpan(_length));
        _length += many.Length;
    }

    private readonly ProblemError Fault(string message, string code, JsonMember? member = null) => new(_path.Pointer(_text, member), message, code);
}
