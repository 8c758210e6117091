using System.Collections.Immutable;
using NJsonSchema;
using NJsonSchema.Validation.FormatValidators;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>The compiled schema of a key's values. Compiled once for a policy; checking a value has a bound.</summary>
internal sealed class KeySchema
{
    private static readonly IFormatValidator[] FormatValidators =
    [
        new DateFormatValidator(), new DateTimeFormatValidator(), new TimeFormatValidator(), new UuidFormatValidator(), new UriFormatValidator(), new IpV4FormatValidator(), new IpV6FormatValidator(),
    ];

    private readonly JsonSchema? _schema;
    private readonly ImmutableArray<ExactRule> _rules;

    private KeySchema(JsonSchema? schema, ImmutableArray<ExactRule> rules) => (_schema, _rules) = (schema, rules);

    /// <summary>The formats that are checked; no other is taken.</summary>
    public static ImmutableArray<string> Formats { get; } = [.. FormatValidators.Select(format => format.Format).Order(StringComparer.Ordinal)];

    /// <summary>What is wrong with a schema, with JSON pointers under <paramref name="pointer"/>.</summary>
    public static IEnumerable<ProblemError> Faults(JsonValue schema, string pointer)
    {
        var text = SchemaText.Of(schema);
        foreach (var (at, message) in text.Faults) yield return new(pointer + at, message, "invalid_schema");
        if (text.Faults.Count == 0 && Compile(text) is null) yield return new(pointer, "This is not a schema that can be compiled.", "invalid_schema");
    }

    /// <summary>Compiles a schema. One with faults, which no channel takes, accepts nothing.</summary>
    public static KeySchema Of(JsonValue schema)
    {
        var text = SchemaText.Of(schema);
        return new(text.Faults.Count == 0 ? Compile(text) : null, text.Rules);
    }

    /// <summary>Why a value is not acceptable, with JSON pointers into it; at most 16 faults, none when it is.</summary>
    public ImmutableArray<SchemaFault> Check(JsonValue value) =>
        _schema is null ? [new("", "schema", "nothing is accepted: the schema has faults")] : new SchemaCheck(_rules, FormatValidators).Run(_schema, value);

    // Without references to the outside there is nothing to wait for.
    private static JsonSchema? Compile(SchemaText text)
    {
        try
        {
            var compiling = JsonSchema.FromJsonAsync(text.Compilable.ToJsonString());
            return compiling.IsCompletedSuccessfully ? compiling.GetAwaiter().GetResult() : null;
        }
        catch (Exception fault) when (fault is Newtonsoft.Json.JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            return null;
        }
    }
}

/// <summary>One reason why a value is not acceptable.</summary>
/// <param name="Pointer">JSON pointer into the value; empty for all of it.</param>
/// <param name="Code">A stable word for the kind of fault, for example <c>string_expected</c>.</param>
/// <param name="Message">What would be right, as the end of a sentence.</param>
internal sealed record SchemaFault(string Pointer, string Code, string Message);
