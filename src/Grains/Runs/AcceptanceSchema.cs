using System.Text.Json;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>What a JSON schema must be before anything compiles it.</summary>
internal static class AcceptanceSchema
{
    /// <summary>What is wrong with a schema; null when nothing is. References lead only into the schema itself, so that compiling it never leaves the process.</summary>
    public static string? Fault(JsonValue schema)
    {
        using var json = JsonDocument.Parse(schema.Utf8);
        if (json.RootElement.ValueKind is not (JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False)) return "A schema is a JSON object, true or false.";
        return HasOutsideReference(json.RootElement) ? "A schema may only refer to parts of itself." : null;
    }

    private static bool HasOutsideReference(JsonElement part) => part.ValueKind switch
    {
        JsonValueKind.Object => part.EnumerateObject().Any(member => IsOutside(member) || HasOutsideReference(member.Value)),
        JsonValueKind.Array => part.EnumerateArray().Any(HasOutsideReference),
        _ => false,
    };

    private static bool IsOutside(JsonProperty member) =>
        member.Name is "$ref" or "$dynamicRef" or "$recursiveRef" && (member.Value.ValueKind != JsonValueKind.String || !member.Value.GetString()!.StartsWith('#'));
}
