using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>The JSON schemas of a run's acceptance tests, compiled once.</summary>
internal sealed class AcceptanceSchemas
{
    private readonly Dictionary<string, List<(ContextKey? Key, KeySchema Schema)>> _byStep = new(StringComparer.Ordinal);

    private AcceptanceSchemas() { }

    /// <summary>Compiles the schemas of every step.</summary>
    public static AcceptanceSchemas Compile(IEnumerable<PlannedStep> steps)
    {
        var schemas = new AcceptanceSchemas();
        foreach (var step in steps)
        {
            foreach (var acceptance in step.Acceptance)
            {
                if (acceptance.Schema is not { } json) continue;
                if (!schemas._byStep.TryGetValue(step.Id, out var own)) schemas._byStep[step.Id] = own = [];
                own.Add((acceptance.Key, KeySchema.Of(json)));
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
                if (schema.Check(write.Value) is [var fault, ..]) return $"The value of {write.Key} breaks its schema{(fault.Pointer == "" ? "" : $" at {fault.Pointer}")}: {fault.Message}.";
            }
        }

        return null;
    }
}
