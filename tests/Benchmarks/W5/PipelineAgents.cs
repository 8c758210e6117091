using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Measuring;
using Rosud.Runs;

namespace Rosud.W5;

/// <summary>planner → {researcher A, researcher B} → writer → reviewer: five agents that do nothing but return 1 KB each into the context.</summary>
internal static class PipelineAgents
{
    public const int ContentBytes = 1024;

    /// <summary>Steps that follow each other on the longest way: the researchers are one.</summary>
    public const int StepsInARow = 4;

    /// <summary>Before the names of the agents that take their work over HTTP.</summary>
    public const string Pull = "pull-";

    private static readonly (string Name, string[] Reads, string Writes)[] Steps =
    [
        ("planner", [], "plan"),
        ("researcher-a", ["plan"], "facts.a"),
        ("researcher-b", ["plan"], "facts.b"),
        ("writer", ["facts.a", "facts.b"], "draft"),
        ("reviewer", ["draft"], "review"),
    ];

    /// <summary>The key that an agent writes, by its name without prefix.</summary>
    public static IReadOnlyDictionary<string, string> Writes { get; } = Steps.ToDictionary(step => step.Name, step => step.Writes);

    public static ImmutableArray<string> Names(string prefix) => [.. Steps.Select(step => prefix + step.Name)];

    /// <summary>Adds the agents to a silo, as handlers in its process.</summary>
    public static void Add(IServiceCollection services)
    {
        var content = new Content(seed: 5, ContentBytes);
        foreach (var step in Steps)
        {
            var key = new ContextKey(step.Writes);
            services.AddRosudAgent(step.Name, Spec(step.Reads, step.Writes), (_, _) => Task.FromResult(new Completion { Writes = [new(key, content.Next())] }));
        }
    }

    /// <summary>The registration of one agent; takes 128 at once, so that nothing waits for a permit.</summary>
    public static AgentSpec Spec(string name) => Steps.Where(step => step.Name == name).Select(step => Spec(step.Reads, step.Writes)).Single();

    /// <summary>The run's task; its end is known by the goal.</summary>
    public static CoordinationTask TaskOf(string goal, string prefix) => new()
    {
        Goal = goal,
        Outputs = [new("review")],
        Steps = [.. Steps.Select(step => new TaskStep
        {
            Id = step.Name,
            Agent = prefix + step.Name,
            Reads = [.. step.Reads.Select(read => new StepRead(new(read)))],
            Writes = [new(step.Writes)],
        })],
    };

    private static AgentSpec Spec(string[] reads, string writes) => new()
    {
        Reads = [.. reads.Select(read => new KeyPattern(read))],
        Writes = [new(writes)],
        MaxConcurrency = 128,
        QueueLimit = 10_000,
    };
}
