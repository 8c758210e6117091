using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using NJsonSchema;
using NJsonSchema.Validation;
using NJsonSchema.Validation.FormatValidators;

namespace Rosud.Context;

/// <summary>Checks one value against a compiled schema: exactly where the library compares by text, and with a bound on its work.</summary>
internal sealed class SchemaCheck(ImmutableArray<ExactRule> rules, IFormatValidator[] formats) : JsonSchemaValidator(formats)
{
    private const int StepsMax = 200_000;
    private const int DepthMax = 512;
    private const int FaultsKeptMax = 20_000;
    private const int FaultsMax = 16;

    private readonly Dictionary<ValidationError, JToken> _places = new(ReferenceEqualityComparer.Instance);
    private int _steps;
    private int _depth;

    public ImmutableArray<SchemaFault> Run(JsonSchema schema, JsonValue value)
    {
        try
        {
            var errors = Validate(Read(value), schema);
            return [.. errors.SelectMany(Leaves).Select(Told).Distinct().Take(FaultsMax)];
        }
        catch (TooCostlyException)
        {
            return [new("", "too_costly", "checking it takes too long: make it smaller, or its schema simpler")];
        }
        catch (Exception fault) when (fault is JsonException or OverflowException or FormatException or InvalidCastException)
        {
            return [new("", "number_out_of_range", "it has a number beyond 64 bits, which cannot be checked")];
        }
    }

    protected override ICollection<ValidationError> Validate(JToken token, JsonSchema schema, SchemaType schemaType, string? propertyName, string propertyPath)
    {
        if (++_steps > StepsMax || _depth >= DepthMax || _places.Count > FaultsKeptMax) throw new TooCostlyException();
        _depth++;
        var errors = base.Validate(token, schema, schemaType, propertyName, propertyPath);
        _depth--;
        if (schema.ExtensionData?.TryGetValue(ExactRule.Name, out var number) == true)
        {
            var rule = rules[Convert.ToInt32(number, CultureInfo.InvariantCulture)];
            foreach (var kind in Broken(rule, token)) errors.Add(new(kind, propertyName, propertyPath, token, schema));
        }

        foreach (var error in errors) _places.TryAdd(error, token);
        return errors;
    }

    /// <summary>The value in the spelling in which values are compared: numbers as the library reads them.</summary>
    public static JsonValue Comparable(JsonValue value)
    {
        try
        {
            return Canonical(Read(value));
        }
        catch (Exception fault) when (fault is JsonException or OverflowException or FormatException)
        {
            return value;
        }
    }

    private static JToken Read(JsonValue value)
    {
        using var reader = new JsonTextReader(new StringReader(Encoding.UTF8.GetString(value.Utf8.Span))) { DateParseHandling = DateParseHandling.None, MaxDepth = 2 * JsonValue.DepthMax };
        return JToken.ReadFrom(reader);
    }

    private static IEnumerable<ValidationErrorKind> Broken(ExactRule rule, JToken token)
    {
        if (rule.Pattern is { } pattern && token.Type == JTokenType.String && !pattern.IsMatch(token.Value<string>()!)) yield return ValidationErrorKind.PatternMismatch;
        if (rule.Unique && token is JArray items && items.Select(Canonical).Distinct().Count() < items.Count) yield return ValidationErrorKind.ItemsNotUnique;
        if (rule.Allowed is null && rule.Constant is null) yield break;
        var value = Canonical(token);
        if (rule.Allowed?.Contains(value) == false || rule.Constant?.Equals(value) == false) yield return ValidationErrorKind.NotInEnumeration;
    }

    private static JsonValue Canonical(JToken token) => JsonValue.Parse(token.ToString(Formatting.None));

    // What lies behind "one of the elements" or "all of these" is the fault; of "any of these" no single one is.
    private static IEnumerable<ValidationError> Leaves(ValidationError error) =>
        error is ChildSchemaValidationError { Kind: not (ValidationErrorKind.NotAnyOf or ValidationErrorKind.NotOneOf) } parent
            ? parent.Errors.Values.SelectMany(errors => errors).SelectMany(Leaves)
            : [error];

    private SchemaFault Told(ValidationError error)
    {
        var pointer = PointerTo(_places[error]);
        if (error.Kind is ValidationErrorKind.PropertyRequired or ValidationErrorKind.NoAdditionalPropertiesAllowed) pointer += "/" + Escaped(error.Property!);
        return new(pointer, Words(error.Kind), Sentence(error));
    }

    private static string PointerTo(JToken token) => token.Parent switch
    {
        null => "",
        JProperty member => $"{PointerTo(member.Parent!)}/{Escaped(member.Name)}",
        JArray list => string.Create(CultureInfo.InvariantCulture, $"{PointerTo(list)}/{list.IndexOf(token)}"),
        var parent => PointerTo(parent),
    };

    private static string Escaped(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static string Words(ValidationErrorKind kind) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    private static string Sentence(ValidationError error) => error.Kind switch
    {
        ValidationErrorKind.PropertyRequired => "this member is required",
        ValidationErrorKind.NoAdditionalPropertiesAllowed => "this member is not allowed",
        ValidationErrorKind.NotInEnumeration => "it must be one of the values that the schema lists",
        ValidationErrorKind.PatternMismatch => "it must match the schema's pattern",
        ValidationErrorKind.ItemsNotUnique => "its elements must all differ",
        ValidationErrorKind.NotAnyOf => "it must be as one of the schema's alternatives",
        ValidationErrorKind.NotOneOf => "it must be as exactly one of the schema's alternatives",
        ValidationErrorKind.ExcludedSchemaValidates => "it must not be as the schema excludes",
        ValidationErrorKind.NumberTooSmall => "it is too small",
        ValidationErrorKind.NumberTooBig => "it is too large",
        ValidationErrorKind.StringTooShort => "it is too short",
        ValidationErrorKind.StringTooLong => "it is too long",
        _ => Words(error.Kind).Replace('_', ' '),
    };

    private sealed class TooCostlyException : Exception;
}
