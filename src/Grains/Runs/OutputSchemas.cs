using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>What the registration of an agent says of its output, as it was when the run was accepted.</summary>
[GenerateSerializer, Immutable, Alias("rosud.agent-output")]
internal sealed record AgentOutput([property: Id(0)] string Agent, [property: Id(1)] JsonValue Schema);

/// <summary>The schemas of the outputs of a run's agents, each compiled when its agent first answers.</summary>
internal sealed class OutputSchemas(ImmutableArray<AgentOutput> declared)
{
    private readonly Dictionary<string, KeySchema> _compiled = new(StringComparer.Ordinal);

    /// <summary>The schemas of all agents that may get a part of these steps.</summary>
    public static ImmutableArray<AgentOutput> Of(IEnumerable<PlannedStep> steps, IReadOnlyDictionary<string, AgentView> agents)
    {
        if (agents.Values.All(agent => agent.Spec.OutputSchema is null)) return [];
        var names = steps.SelectMany(step => step.Group.Select(member => member.Agent).Concat(step.Verifiers.Select(verifier => verifier.Agent)).Append(step.Agent).Append(step.OnFailure.Agent));
        return [.. names.OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(name => agents.GetValueOrDefault(name)?.Spec.OutputSchema is { } schema ? new AgentOutput(name, schema) : null).OfType<AgentOutput>()];
    }

    /// <summary>Why the output of an agent is not acceptable; null when it is. No output counts as null.</summary>
    public string? Fault(string agent, JsonValue? output)
    {
        if (declared.IsDefaultOrEmpty) return null;
        if (!_compiled.TryGetValue(agent, out var schema))
        {
            if (declared.FirstOrDefault(known => known.Agent == agent) is not { } known) return null;
            _compiled[agent] = schema = KeySchema.Of(known.Schema);
        }

        return Fault(schema, output);
    }

    /// <inheritdoc cref="Fault(string, JsonValue?)"/>
    public static string? Fault(KeySchema schema, JsonValue? output) => schema.Check(output ?? JsonValue.Null) is [var fault, ..]
        ? $"Its output breaks the output_schema of its agent{(fault.Pointer == "" ? "" : $" at {fault.Pointer}")}: {fault.Message}."
        : null;
}
