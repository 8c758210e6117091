using System.Collections;
using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Runs;

namespace Rosud.Tenants;

/// <summary>
/// Compares a body with the type it is for and finds every fault at once, each with its pointer. What it lets through,
/// the serializer reads without an exception: both go by the same contract.
/// </summary>
internal sealed class Shape
{
    /// <summary>A caller cannot use more, and a hostile body has one at every byte.</summary>
    private const int ErrorsMax = 64;

    private static readonly ConcurrentDictionary<Type, string[]> Words = [];   // Of the API's own types, so there are few.
    private readonly List<ProblemError> _errors = [];

    public static IReadOnlyList<ProblemError> Check(Type type, JsonElement body)
    {
        var shape = new Shape();
        shape.Value(type, body, "", null);
        return shape._errors;
    }

    private void Value(Type type, JsonElement json, string pointer, ICustomAttributeProvider? rules)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(JsonValue)) return;
        if (type == typeof(string)) Text(json, pointer, rules);
        else if (type == typeof(bool)) Require(json.ValueKind is JsonValueKind.True or JsonValueKind.False, pointer, "This must be true or false.");
        else if (type.IsEnum) Word(type, json, pointer);
        else if (type == typeof(int) || type == typeof(long)) Whole(json, pointer, rules, type == typeof(int) ? int.MaxValue : long.MaxValue);
        else if (type == typeof(double) || type == typeof(decimal)) Number(type, json, pointer, rules);
        else if (type == typeof(StalenessLimit)) Staleness(json, pointer, rules);
        else if (type == typeof(ReadBody) && json.ValueKind == JsonValueKind.String) Text(json, pointer, typeof(ReadBody).GetProperty(nameof(ReadBody.Key)));
        else if (type.IsAssignableTo(typeof(IDictionary))) Map(type.GetGenericArguments()[1], json, pointer, rules);
        else if (type.IsArray) List(type.GetElementType()!, json, pointer, rules);
        else Object(type, json, pointer);
    }

    private void Object(Type type, JsonElement json, string pointer)
    {
        if (!Require(json.ValueKind == JsonValueKind.Object, pointer, "This must be an object.")) return;
        var members = Contract(type);
        foreach (var member in json.EnumerateObject())
        {
            if (_errors.Count >= ErrorsMax) return;
            var at = Pointer(pointer, member.Name);
            var known = Named(members, member);
            if (known is null) Fault(at, $"There is no such member. Known here: {string.Join(", ", members.Select(property => property.Name))}.", "unknown_member");
            else if (member.Value.ValueKind == JsonValueKind.Null && known.PropertyType != typeof(JsonValue)) Require(known.IsSetNullable, at, "This may be left out, but not be null.");
            else Value(known.PropertyType, member.Value, at, known.AttributeProvider);
        }

        foreach (var property in members)
        {
            if (property.IsRequired && !json.TryGetProperty(property.Name, out _)) Fault(Pointer(pointer, property.Name), "This is required.", "missing");
        }
    }

    private static JsonPropertyInfo? Named(IList<JsonPropertyInfo> members, JsonProperty member)
    {
        foreach (var property in members)
        {
            if (member.NameEquals(property.Name)) return property;
        }

        return null;
    }

    // The serializer leaves the reading of a union to its converter, so its members are asked of a contract without one.
    private static IList<JsonPropertyInfo> Contract(Type type) =>
        Wire.Json.GetTypeInfo(type == typeof(ReadBody) ? typeof(ReadBody.Long) : type).Properties;

    private void Map(Type valueType, JsonElement json, string pointer, ICustomAttributeProvider? rules)
    {
        if (!Require(json.ValueKind == JsonValueKind.Object, pointer, "This must be an object.")) return;
        Counted(json.GetPropertyCount(), pointer, rules);
        var rule = Rule<TextRuleAttribute>(rules);
        foreach (var member in json.EnumerateObject())
        {
            if (_errors.Count >= ErrorsMax) return;
            var at = Pointer(pointer, member.Name);
            if (rule?.Holds(member.Name) == false) Fault(at, rule.Sentence);
            Value(valueType, member.Value, at, valueType == typeof(string) ? rules : null);
        }
    }

    private void List(Type elementType, JsonElement json, string pointer, ICustomAttributeProvider? rules)
    {
        if (!Require(json.ValueKind == JsonValueKind.Array, pointer, "This must be a list.")) return;
        Counted(json.GetArrayLength(), pointer, rules);
        var index = 0;
        foreach (var element in json.EnumerateArray())
        {
            if (_errors.Count >= ErrorsMax) return;
            Value(elementType, element, string.Create(CultureInfo.InvariantCulture, $"{pointer}/{index++}"), rules);
        }
    }

    private void Counted(int count, string pointer, ICustomAttributeProvider? rules)
    {
        if (Rule<CountAttribute>(rules) is { } limit && count > limit.Max) Fault(pointer, $"At most {limit.Max} are allowed here.");
    }

    private void Text(JsonElement json, string pointer, ICustomAttributeProvider? rules)
    {
        if (!Require(json.ValueKind == JsonValueKind.String, pointer, "This must be a text.")) return;
        if (Rule<TextRuleAttribute>(rules) is { } rule) Require(rule.Holds(json.GetString()!), pointer, rule.Sentence);
    }

    private void Word(Type type, JsonElement json, string pointer)
    {
        var words = Words.GetOrAdd(type, static type => [.. Enum.GetValuesAsUnderlyingType(type).Cast<object>().Select(value => Wire.NameOf((Enum)Enum.ToObject(type, value)))]);
        if (json.ValueKind != JsonValueKind.String || !words.Contains(json.GetString())) Fault(pointer, $"This must be one of {string.Join(", ", words)}.");
    }

    private void Whole(JsonElement json, string pointer, ICustomAttributeProvider? rules, long max)
    {
        if (json.ValueKind != JsonValueKind.Number || !json.TryGetInt64(out var number) || number > max || number < -max) Fault(pointer, "This must be a whole number.");
        else InRange(number, pointer, rules);
    }

    private void Number(Type type, JsonElement json, string pointer, ICustomAttributeProvider? rules)
    {
        var number = 0d;
        var good = json.ValueKind == JsonValueKind.Number && (type == typeof(decimal) ? json.TryGetDecimal(out _) && json.TryGetDouble(out number) : json.TryGetDouble(out number));
        if (Require(good && double.IsFinite(number), pointer, "This must be a number in range.")) InRange(number, pointer, rules);
    }

    private void Staleness(JsonElement json, string pointer, ICustomAttributeProvider? rules)
    {
        if (json.ValueKind != JsonValueKind.Null) Whole(json, pointer, rules, long.MaxValue);
    }

    private void InRange(double number, string pointer, ICustomAttributeProvider? rules)
    {
        if (Rule<RangeAttribute>(rules) is not { } range) return;
        var min = Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture);
        var max = Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture);
        var inside = number <= max && (range.MinimumIsExclusive ? number > min : number >= min);
        if (!inside) Fault(pointer, string.Create(CultureInfo.InvariantCulture, $"This must be {(range.MinimumIsExclusive ? "above" : "at least")} {min} and at most {max}."), "out_of_range");
    }

    private static T? Rule<T>(ICustomAttributeProvider? rules) where T : Attribute => rules is null ? null : Rules<T>.Of.GetOrAdd(rules, static provider =>
        provider.GetCustomAttributes(typeof(T), inherit: true) is [T first, ..] ? first : null);

    private bool Require(bool good, string pointer, string message, string code = "invalid")
    {
        if (!good) Fault(pointer, message, code);
        return good;
    }

    private void Fault(string pointer, string message, string code = "invalid") => _errors.Add(new(pointer, message, code));

    // A name that is no member comes from the caller: enough of it to find it again.
    private static string Pointer(string parent, string member) =>
        $"{parent}/{(member.Length > ContextKey.LengthMax ? member[..ContextKey.LengthMax] : member).Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";

    // To read attributes takes longer than all else here.
    private static class Rules<T> where T : Attribute
    {
        public static ConcurrentDictionary<ICustomAttributeProvider, T?> Of { get; } = [];
    }
}
