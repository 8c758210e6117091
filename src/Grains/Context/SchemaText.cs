using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Plain = System.Text.Json.Nodes.JsonValue;

namespace Rosud.Context;

/// <summary>
/// A schema as it may be compiled: JSON Schema 2020-12 without what looks outside of itself or what the compiler would silently
/// ignore. Everything else is a fault with its place, found before anything is compiled.
/// </summary>
internal sealed class SchemaText
{
    public const int BytesMax = 32 * 1024;

    private const int FaultsMax = 16;
    private const int PatternLengthMax = 1_000;

    private static readonly string[] Notes = ["$schema", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"];
    private static readonly string[] Counts = ["maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"];
    private static readonly string[] Bounds = ["multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"];
    private static readonly string[] Types = ["null", "boolean", "object", "array", "number", "integer", "string"];

    private readonly List<(string Pointer, string Message)> _faults = [];
    private readonly ImmutableArray<ExactRule>.Builder _rules = ImmutableArray.CreateBuilder<ExactRule>();
    private readonly JsonNode? _root;

    private SchemaText(JsonValue schema)
    {
        _root = JsonNode.Parse(schema.Utf8.Span, documentOptions: new() { MaxDepth = JsonValue.DepthMax });
        Compilable = schema.Length > BytesMax ? Fault("", $"A schema has at most {BytesMax} bytes.") : Schema(_root, "");
        if (_faults.Count == 0 && new SchemaReferences(_root).Circle() is { } circle) Fault(circle, "This refers to itself without going into the value, so it can never be decided.");
    }

    /// <summary>What is wrong and where, as JSON pointers into the schema.</summary>
    public IReadOnlyList<(string Pointer, string Message)> Faults => _faults;

    /// <summary>The schema in the words of the compiler.</summary>
    public JsonObject Compilable { get; }

    /// <summary>What the compiler cannot do exactly, by the number under which <see cref="Compilable"/> names it.</summary>
    public ImmutableArray<ExactRule> Rules => _rules.ToImmutable();

    public static SchemaText Of(JsonValue schema) => new(schema);

    private JsonObject Fault(string pointer, string message)
    {
        if (_faults.Count < FaultsMax) _faults.Add((pointer, message));
        return [];
    }

    private JsonObject Schema(JsonNode? node, string pointer)
    {
        if (node is Plain flag && flag.TryGetValue<bool>(out var accepts)) return accepts ? [] : new JsonObject { ["not"] = new JsonObject() };
        if (node is not JsonObject members) return Fault(pointer, "A schema is an object, true or false.");
        var made = new JsonObject();
        var exact = new ExactRule();
        foreach (var (name, value) in members)
        {
            var at = $"{pointer}/{Escaped(name)}";
            exact = name switch
            {
                "enum" when value is JsonArray { Count: > 0 } values => exact with { Allowed = [.. values.Select(Canonical)] },
                "const" => exact with { Constant = Canonical(value) },
                "pattern" => exact with { Pattern = Pattern(value, at) },
                "uniqueItems" when value is Plain unique && unique.TryGetValue<bool>(out var isUnique) => exact with { Unique = isUnique },
                _ => exact,
            };
            Member(members, name, value, at, made);
        }

        if (exact == new ExactRule()) return made;
        made[ExactRule.Name] = _rules.Count;
        _rules.Add(exact);
        return made;
    }

    private void Member(JsonObject schema, string name, JsonNode? value, string at, JsonObject made)
    {
        if (Notes.Contains(name) || (name == "$id" && ReferenceEquals(schema, _root)) || name is "const" or "pattern") return;
        if (Counts.Contains(name)) Copy(made, name, value, IsCount(name, value), at, name.StartsWith("max", StringComparison.Ordinal) && name != "maxLength" ? "This is a whole number from 1 to 2147483647." : "This is a whole number from 0 to 2147483647.");
        else if (Bounds.Contains(name)) Copy(made, name, value, IsNumber(value) && (name != "multipleOf" || value!.GetValue<decimal>() > 0), at, "This is a number of at most 28 digits; multipleOf is above 0.");
        else Structure(schema, name, value, at, made);
    }

    private void Structure(JsonObject schema, string name, JsonNode? value, string at, JsonObject made)
    {
        switch (name)
        {
            case "type":
                Copy(made, name, value, Texts(value is JsonArray ? value : new JsonArray(value?.DeepClone())) is { Length: > 0 } types && types.All(Types.Contains), at, $"This is one or some of {string.Join(", ", Types)}.");
                break;
            case "required":
                Copy(made, name, value, value is JsonArray && Texts(value).Length == ((JsonArray)value).Count, at, "This is a list of names.");
                break;
            case "format":
                Copy(made, name, value, Text(value) is { } format && KeySchema.Formats.Contains(format), at, $"This format is not known here. Known are {string.Join(", ", KeySchema.Formats)}.");
                break;
            case "enum":
                if (value is not JsonArray { Count: > 0 }) Fault(at, "This is a list of at least one value.");
                break;
            case "uniqueItems":
                if (!IsFlag(value)) Fault(at, "This is true or false.");
                break;
            case "properties" or "$defs" or "definitions":
                made[name == "properties" ? name : "definitions"] = Map(value, at, made[name == "properties" ? name : "definitions"] as JsonObject);
                break;
            case "not":
                made[name] = Schema(value, at);
                break;
            case "additionalProperties":
                made[name] = IsFlag(value) ? value!.DeepClone() : Schema(value, at);
                break;
            case "items" when schema.ContainsKey("prefixItems"):
                made["additionalItems"] = IsFlag(value) ? value!.DeepClone() : Schema(value, at);
                break;
            case "items":
                made[name] = Schema(value, at);
                break;
            case "prefixItems":
                made["items"] = List(value, at);
                break;
            case "anyOf" or "oneOf":
                made[name] = Alternatives(List(value, at));
                break;
            case "allOf":
                All(made, List(value, at));
                break;
            case "$ref":
                All(made, [new JsonObject { ["$ref"] = Reference(value, at) }]);
                break;
            default:
                Fault(at, "This word of JSON Schema is not supported here, and it is not ignored either.");
                break;
        }
    }

    private void Copy(JsonObject made, string name, JsonNode? value, bool isGood, string at, string message)
    {
        if (isGood) made[name] = value!.DeepClone();
        else Fault(at, message);
    }

    private JsonObject Map(JsonNode? value, string at, JsonObject? before)
    {
        if (value is not JsonObject members) return Fault(at, "This is an object of schemas.");
        var made = before?.DeepClone() as JsonObject ?? [];
        foreach (var (name, schema) in members) made[name] = Schema(schema, $"{at}/{Escaped(name)}");
        return made;
    }

    private JsonArray List(JsonNode? value, string at)
    {
        if (value is not JsonArray { Count: > 0 } schemas)
        {
            Fault(at, "This is a list of at least one schema.");
            return [];
        }

        return [.. schemas.Select((schema, i) => Schema(schema, $"{at}/{i}"))];
    }

    // The compiler takes a schema whose only alternative is a reference for that reference, and forgets what is beside it.
    private static JsonArray Alternatives(JsonArray schemas)
    {
        if (schemas.Count == 1) schemas.Add(new JsonObject { ["not"] = new JsonObject() });
        return schemas;
    }

    // It looks at nothing beside a $ref either, so a reference is one of the schemas that must all hold, and never the only one.
    private static void All(JsonObject made, JsonArray schemas)
    {
        if (made["allOf"] is not JsonArray all) made["allOf"] = all = [new JsonObject()];
        foreach (var schema in schemas) all.Add(schema?.DeepClone());
    }

    private string Reference(JsonNode? value, string at)
    {
        var text = Text(value);
        if (text is null || !SchemaReferences.IsInside(_root, text)) Fault(at, "A schema may only refer to a schema within itself, as #/$defs/name.");
        return text?.Replace("#/$defs/", "#/definitions/", StringComparison.Ordinal) ?? "#";
    }

    private Regex? Pattern(JsonNode? value, string at)
    {
        var text = Text(value);
        if (text is { Length: <= PatternLengthMax })
        {
            try
            {
                // This engine takes time in proportion to the text, whatever the pattern is.
                return new(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            }
            catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
            {
            }
        }

        Fault(at, $"This is a regular expression of at most {PatternLengthMax} characters without look-around and back-references.");
        return null;
    }

    private static JsonValue Canonical(JsonNode? node) => SchemaCheck.Comparable(JsonValue.From(node));

    private static bool IsFlag(JsonNode? value) => value is Plain flag && flag.TryGetValue<bool>(out _);

    private static string? Text(JsonNode? node) => node is Plain value && value.TryGetValue<string>(out var text) ? text : null;

    private static string[] Texts(JsonNode? list) =>
        [.. ((JsonArray)list!).Select(Text).OfType<string>()];

    private static bool IsCount(string name, JsonNode? value) =>
        value is Plain number && number.TryGetValue<int>(out var count) && count >= (name is "maxItems" or "maxProperties" ? 1 : 0);

    private static bool IsNumber(JsonNode? value) =>
        value is Plain number && number.GetValueKind() == JsonValueKind.Number && number.TryGetValue<decimal>(out _);

    private static string Escaped(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}

/// <summary>What holds for a value beside what the compiler checks: it compares values by their text, and its patterns have no limit of time.</summary>
internal sealed record ExactRule
{
    /// <summary>The member of a compiled schema that has the number of its rule.</summary>
    public const string Name = "x-exact";

    public ImmutableHashSet<JsonValue>? Allowed { get; init; }

    public JsonValue? Constant { get; init; }

    public Regex? Pattern { get; init; }

    public bool Unique { get; init; }
}
