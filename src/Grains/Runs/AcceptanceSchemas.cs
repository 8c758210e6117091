using System.Collections.Immutable;
using System.Text;
using NJsonSchema;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>The JSON schemas of a run's acceptance tests, compiled once.</summary>
internal sealed class AcceptanceSchemas
{
    private readonly Dictionary<string, List<(ContextKey? Key, JsonSchema? Schema)>> _byStep = new(StringComparer.Ordinal);

    private AcceptanceSchemas() { }

    /// <summary>Compiles the schemas of every step. One that cannot be compiled accepts nothing.</summary>
    public static async Task<AcceptanceSchemas> Compile(IEnumerable<PlannedStep> steps)
    {
        var schemas = new AcceptanceSchemas();
        foreach (var step in steps)
        {
            foreach (var acceptance in step.Acceptance)
            {
                if (acceptance.Schema is not { } json || json.Utf8.Span.SequenceEqual("true"u8)) continue;
                if (!schemas._byStep.TryGetValue(step.Id, out var own)) schemas._byStep[step.Id] = own = [];
                own.Add((acceptance.Key, await Compile(json)));
            }
        }

        return schemas;
    }

    /// <summary>Why the writes of a step are not acceptable; null when they are.</summary>
    public string? Fault(PlannedStep step, ImmutableArray<ContextWrite> writes)
    {
        if (!_byStep.TryGetValue(step.Id, out var schemas)) return null;
        foreach (var (key, schema) in schemas)
        {
            foreach (var write in writes)
            {
                if (write.Value is null || (key is { } only && only != write.Key)) continue;
                if (Fault(schema, write.Value) is { } fault) return $"The value of {write.Key} breaks its schema{fault}.";
            }
        }

        return null;
    }

    private static string? Fault(JsonSchema? schema, JsonValue value)
    {
        if (schema is null) return "";
        foreach (var fault in schema.Validate(Encoding.UTF8.GetString(value.Utf8.Span))) return $" at {fault.Path}: {fault.Kind}";
        return null;
    }

    private static async Task<JsonSchema?> Compile(JsonValue schema)
    {
        if (AcceptanceSchema.Fault(schema) is not null || schema.Utf8.Span.SequenceEqual("false"u8)) return null;
        try
        {
            return await JsonSchema.FromJsonAsync(schema.ToString());
        }
        catch (Exception fault) when (fault is Newtonsoft.Json.JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            return null;
        }
    }
}
