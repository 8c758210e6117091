using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>Any JSON value, as its canonical UTF-8 bytes. Two values are equal exactly when these bytes are.</summary>
/// <remarks>
/// Canonical: members in the order of their UTF-8 names, no space, shortest escapes, numbers as they were written
/// (so 1 and 1.0 differ). Made once at the edge; from there on it travels and is stored as these bytes.
/// </remarks>
[GenerateSerializer, Immutable, Alias("rosud.json")]
public sealed class JsonValue : IEquatable<JsonValue>
{
    /// <summary>The deepest nesting of arrays and objects.</summary>
    public const int DepthMax = 64;

    /// <summary>The longest number, in characters.</summary>
    public const int NumberLengthMax = 64;

    [Id(0)] private readonly byte[] _utf8;
    [NonSerialized] private StrongBox<ContentHash>? _hash;

    private JsonValue(byte[] utf8) => _utf8 = utf8;

    /// <summary>The JSON value <c>null</c>.</summary>
    public static JsonValue Null { get; } = new("null"u8.ToArray());

    /// <summary>The canonical bytes.</summary>
    public ReadOnlyMemory<byte> Utf8 => _utf8;

    /// <summary>How many canonical bytes there are.</summary>
    public int Length => _utf8.Length;

    /// <summary>SHA-256 of the canonical bytes.</summary>
    public ContentHash Hash => (_hash ??= new(ContentHash.Of(_utf8))).Value;

    /// <summary>Reads JSON from outside.</summary>
    /// <param name="utf8">One JSON value; a byte order mark and white space around it are allowed.</param>
    /// <param name="value">The value when it is good.</param>
    /// <param name="error">The first fault and the JSON pointer of the member that has it: not JSON, a duplicate name,
    /// invalid UTF-8, a lone surrogate, a number over 64 characters, nesting over 64.</param>
    public static bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out JsonValue? value, [NotNullWhen(false)] out ProblemError? error)
    {
        var canonical = CanonicalJson.Write(utf8, out error);
        value = canonical is null ? null : new(canonical);
        return canonical is not null;
    }

    /// <summary>Reads JSON that is known to be good.</summary>
    /// <exception cref="FormatException">It is not.</exception>
    public static JsonValue Parse(ReadOnlySpan<byte> utf8) =>
        TryParse(utf8, out var value, out var error) ? value : throw new FormatException($"{error.Pointer}: {error.Message}");

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte})"/>
    public static JsonValue Parse(string json) => Parse(Encoding.UTF8.GetBytes(json));

    /// <summary>The JSON of a .NET value, with snake_case names.</summary>
    public static JsonValue From<T>(T value) => Parse(JsonSerializer.SerializeToUtf8Bytes(value, SnakeCase));

    /// <summary>The .NET value of this JSON, from snake_case names.</summary>
    /// <exception cref="JsonException">The JSON has another shape.</exception>
    public T? As<T>() => JsonSerializer.Deserialize<T>(_utf8, SnakeCase);

    /// <summary>Takes bytes that this type made before, without looking at them again.</summary>
    public static JsonValue Trusted(byte[] canonicalUtf8) => new(canonicalUtf8);

    /// <inheritdoc/>
    public bool Equals(JsonValue? other) => other is not null && _utf8.AsSpan().SequenceEqual(other._utf8);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as JsonValue);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_utf8);
        return hash.ToHashCode();
    }

    /// <summary>The canonical JSON text.</summary>
    public override string ToString() => Encoding.UTF8.GetString(_utf8);

    private static JsonSerializerOptions SnakeCase { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
