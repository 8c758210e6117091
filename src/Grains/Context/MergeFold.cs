using System.Text.Json;
using System.Text.Json.Nodes;
using Rosud.Channels;

namespace Rosud.Context;

/// <summary>What a fold came to: a value, or why there is none.</summary>
internal readonly record struct Folded(JsonValue? Value, string? Code = null, string? Message = null);

/// <summary>Folds a write into the value that is there. SEMANTICS C8.</summary>
internal static class MergeFold
{
    public static Folded Unknown => new(null, "no_fold", "The key merges writes, but its policy does not say how.");

    /// <param name="current">What is there; null when the key is absent.</param>
    public static Folded Fold(MergeKind kind, JsonValue? current, JsonValue write) => kind switch
    {
        MergeKind.Append => Elements(current, write, distinct: false),
        MergeKind.Union => Elements(current, write, distinct: true),
        MergeKind.Sum or MergeKind.Max or MergeKind.Min => Number(kind, current, write),
        MergeKind.JsonMerge => JsonMerge(current, write),
        _ => Unknown,
    };

    private static Folded Elements(JsonValue? current, JsonValue write, bool distinct)
    {
        if (current is not null && !IsArray(current)) return new(null, "wrong_type", "The value that is there is no array: delete the key to start over.");
        var there = current is null ? "[]"u8 : current.Utf8.Span;
        var added = IsArray(write) ? write.Utf8.Span[1..^1] : write.Utf8.Span;
        byte[] joined = [.. there[..^1], .. there.Length > 2 && added.Length > 0 ? ","u8 : [], .. added, .. "]"u8];
        if (!IsArray(write) && DepthOf(write) >= JsonValue.DepthMax) return new(null, "too_deep", $"With this element the array would nest deeper than {JsonValue.DepthMax}.");
        return new(JsonValue.Trusted(distinct ? Distinct(joined) : joined));
    }

    private static byte[] Distinct(byte[] array)
    {
        var seen = new HashSet<JsonValue>();
        var output = new MemoryStream(array.Length);
        var reader = Reader(array);
        reader.Read();
        output.WriteByte((byte)'[');
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            var element = array[start..(int)reader.BytesConsumed];
            if (!seen.Add(JsonValue.Trusted(element))) continue;
            if (output.Length > 1) output.WriteByte((byte)',');
            output.Write(element);
        }

        output.WriteByte((byte)']');
        return output.ToArray();
    }

    private static Folded Number(MergeKind kind, JsonValue? current, JsonValue write)
    {
        if (!ExactDecimal.TryParse(write, out var written)) return new(null, "wrong_type", "The write must be a decimal number of at most 28 digits.");
        if (current is null) return new(kind == MergeKind.Sum ? written.ToJson() : write);
        if (!ExactDecimal.TryParse(current, out var there)) return new(null, "wrong_type", "The value that is there is no decimal number of at most 28 digits: delete the key to start over.");
        if (kind == MergeKind.Max) return new(written.CompareTo(there) > 0 ? write : current);
        if (kind == MergeKind.Min) return new(written.CompareTo(there) < 0 ? write : current);
        return there.Plus(written) is { } sum ? new(sum.ToJson()) : new(null, "overflow", "The sum has more than 28 digits.");
    }

    private static Folded JsonMerge(JsonValue? current, JsonValue write)
    {
        var merged = Merge(Node(current), Node(write));
        return new(JsonValue.From(merged));
    }

    // RFC 7396: null removes a member, an object merges, everything else replaces.
    private static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject members) return patch?.DeepClone();
        var result = target as JsonObject ?? [];
        foreach (var (name, value) in members)
        {
            if (value is null)
            {
                result.Remove(name);
                continue;
            }

            result.TryGetPropertyValue(name, out var before);
            result[name] = Merge(before, value);
        }

        return result;
    }

    private static JsonNode? Node(JsonValue? value) =>
        value is null ? null : JsonNode.Parse(value.Utf8.Span, documentOptions: new() { MaxDepth = JsonValue.DepthMax });

    private static bool IsArray(JsonValue value) => value.Utf8.Span[0] == (byte)'[';

    private static int DepthOf(JsonValue value)
    {
        var depth = 0;
        var reader = Reader(value.Utf8.Span);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject) depth = Math.Max(depth, reader.CurrentDepth + 1);
        }

        return depth;
    }

    private static Utf8JsonReader Reader(ReadOnlySpan<byte> utf8) => new(utf8, new JsonReaderOptions { MaxDepth = JsonValue.DepthMax });
}
