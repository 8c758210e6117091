using System.Collections.Immutable;
using Rosud.Runs;
using Rosud.Workloads;

namespace Rosud.W1;

/// <summary>The five agents of the pipeline, the task for them, and what the world does meanwhile.</summary>
internal static class Pipeline
{
    public const double UsdPerMillion = 3;
    public const double RewritesPerSecond = 0.01721;
    public const double IntrinsicError = 0.017;
    public const double MergeSeconds = 1.2;
    public const int MergeTokens = 3_000;
    public const int FailedTokens = 2_000;
    public const double TimeoutSeconds = 3;
    public const double ThresholdSeconds = 0.1;
    public const double LongestSeconds = 20;

    private const int PlanBytes = 800;
    private const int OutputBytes = 4_000;

    public static AgentScript Planner { get; } = new("planner", 0.8, 4_000, IntrinsicError) { Early = [("plan.scope", 0.3), ("plan.steps", 0.4)], Writes = ["plan.scope", "plan.steps"] };

    public static AgentScript Researcher { get; } = new("researcher", 1.3, 4_000, IntrinsicError) { Writes = ["facts"] };

    public static AgentScript Executor { get; } = new("executor", 1.3, 4_000, IntrinsicError) { Writes = ["answer"] };

    public static AgentScript Critic { get; } = new("critic", 1.3, 4_000, IntrinsicError) { Writes = ["critique"] };

    public static AgentScript Historian { get; } = new("historian", 1.3, 4_000, IntrinsicError) { Writes = ["history"] };

    /// <summary>The one agent that does it alone: slower than any of the five, dearer than none, and wrong more often than each.</summary>
    public static AgentScript Alone { get; } = new("alone", 3.2, 4_000, 0.08) { Writes = ["facts", "answer"] };

    public static ImmutableArray<AgentScript> Agents { get; } = [Planner, Researcher, Executor, Critic, Historian];

    /// <summary>The key outside that an agent reads, and that is rewritten by its own process.</summary>
    public static string World(string agent) => $"world.{agent}";

    /// <summary>The text that an agent writes under a key.</summary>
    public static string Text(string key, int task)
    {
        var line = $"{key} of task {task}. ";
        var bytes = key.StartsWith("plan", StringComparison.Ordinal) ? PlanBytes : OutputBytes;
        return string.Concat(Enumerable.Repeat(line, (bytes / line.Length) + 1))[..bytes];
    }

    /// <summary>The task as rosud gets it: all five steps, and outputs that only three of them are needed for.</summary>
    public static CoordinationTask TaskOf(int task) => new()
    {
        Goal = $"{task}",
        Outputs = ["facts", "answer"],
        Steps =
        [
            Step(Planner, []), Step(Researcher, ["plan.scope"]), Step(Executor, ["plan.steps"]), Step(Critic, ["plan.scope"]), Step(Historian, ["plan.scope"]),
        ],
    };

    private static TaskStep Step(AgentScript agent, string[] reads) => new()
    {
        Id = agent.Name,
        Agent = agent.Name,
        Reads = [.. reads.Append(World(agent.Name)).Select(read => new StepRead(new(read)))],
        Writes = [.. agent.Writes.Select(write => new Context.KeyPattern(write))],
    };
}

/// <summary>How one task went in one arm. Times are at scale 1.</summary>
internal sealed record Outcome(bool Right, double Ms, long Tokens)
{
    public long CoordinationTokens { get; init; }

    /// <summary>What handing over everything known would have taken instead.</summary>
    public long WholeContextTokens { get; init; }

    public double OverheadMs { get; init; }

    public int Fired { get; init; } = 1;

    public int Needed { get; init; } = 1;

    public bool MissedDeadline { get; init; }

    /// <summary>Why it did not end well; null when it did.</summary>
    public string? Problem { get; init; }

    public double CostUsd => (Tokens + CoordinationTokens) * Pipeline.UsdPerMillion / 1e6;
}
