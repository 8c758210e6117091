using System.Text.Json.Nodes;
using Plain = System.Text.Json.Nodes.JsonValue;

namespace Rosud.Context;

/// <summary>Where the references of a schema lead. They never leave it.</summary>
internal sealed class SchemaReferences(JsonNode? root)
{
    private static readonly string[] InPlace = ["allOf", "anyOf", "oneOf"];

    private readonly Dictionary<JsonNode, bool> _seen = new(ReferenceEqualityComparer.Instance);   // True once all that follows is known to end.

    /// <summary>Whether a reference names a schema in <paramref name="root"/>.</summary>
    public static bool IsInside(JsonNode? root, string reference) =>
        reference == "#" || (Find(root, reference) is JsonObject or Plain && !reference.Contains('%', StringComparison.Ordinal) && IsPlace(reference));

    /// <summary>A schema that needs itself to judge the same value; null when there is none.</summary>
    public string? Circle() => Circle(root, "");

    // Only there the compiler looks for schemas, and only there this class checked what it found.
    private static bool IsPlace(string reference)
    {
        var parts = reference.Split('/');
        return parts is ["#", "$defs" or "definitions" or "properties", _];
    }

    private static JsonNode? Find(JsonNode? root, string reference)
    {
        if (!reference.StartsWith("#/", StringComparison.Ordinal)) return null;
        var node = root;
        foreach (var part in reference[2..].Split('/'))
        {
            var name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (node is not JsonObject members || !members.TryGetPropertyValue(name, out node)) return null;
        }

        return node;
    }

    private string? Circle(JsonNode? node, string pointer)
    {
        if (node is not JsonObject schema) return null;
        if (_seen.TryGetValue(schema, out var ends)) return ends ? null : pointer;
        _seen[schema] = false;
        foreach (var (name, next) in SameValue(schema))
        {
            if (Circle(next, $"{pointer}/{name}") is { } circle) return circle;
        }

        _seen[schema] = true;
        foreach (var (name, next) in Within(schema))
        {
            if (Circle(next, $"{pointer}/{name}") is { } circle) return circle;
        }

        return null;
    }

    private IEnumerable<(string Name, JsonNode? Schema)> SameValue(JsonObject schema)
    {
        if (schema["not"] is { } not) yield return ("not", not);
        if (schema["$ref"] is Plain text && text.TryGetValue<string>(out var reference)) yield return ("$ref", reference == "#" ? root : Find(root, reference));
        foreach (var list in InPlace)
        {
            for (var i = 0; schema[list] is JsonArray schemas && i < schemas.Count; i++) yield return ($"{list}/{i}", schemas[i]);
        }
    }

    private static IEnumerable<(string Name, JsonNode? Schema)> Within(JsonObject schema)
    {
        foreach (var one in new[] { "additionalProperties", "items" }) yield return (one, schema[one]);
        for (var i = 0; schema["prefixItems"] is JsonArray schemas && i < schemas.Count; i++) yield return ($"prefixItems/{i}", schemas[i]);
        foreach (var map in new[] { "properties", "$defs", "definitions" })
        {
            foreach (var (name, next) in schema[map] as JsonObject ?? []) yield return ($"{map}/{name}", next);
        }
    }
}
