using System.Collections.Immutable;
using System.Globalization;

namespace Rosud.W4;

/// <summary>What goes wrong with one task.</summary>
internal enum FaultKind
{
    None,

    /// <summary>The agent breaks the connection at its first call, after its effect.</summary>
    Crash,

    /// <summary>It does not answer its first call.</summary>
    Hang,

    /// <summary>It takes ten times as long at its first call.</summary>
    Slow,

    /// <summary>Its first answer is no JSON, or has the wrong type.</summary>
    Garbage,

    /// <summary>Its first two calls are answered 429 with a Retry-After.</summary>
    Burst,

    /// <summary>Every call of this task breaks it.</summary>
    Poison,

    /// <summary>One of its two instances fails for two seconds, works for two, and so on.</summary>
    Flapping,
}

/// <summary>Which fault each task has, and at which of its steps: the same for every arm of the same seed.</summary>
internal sealed class FaultPlan
{
    public static readonly ImmutableArray<string> Agents = ["collect", "analyse", "write"];

    private readonly (FaultKind Kind, int Step)[] _tasks;

    /// <param name="seed">Decides all.</param>
    /// <param name="faults">Tasks with a fault; between them as many again have none.</param>
    public FaultPlan(int seed, int faults)
    {
#pragma warning disable CA5394 // Dice for an experiment: the same seed must give the same.
        var dice = new Random(seed);
        _tasks = [.. Enumerable.Range(0, faults * 2).Select(task => task % 2 == 0 ? (FaultKind.None, 0) : ((FaultKind)(1 + (task / 2 % 7)), dice.Next(Agents.Length)))];
        dice.Shuffle(_tasks);
#pragma warning restore CA5394
    }

    public int Count => _tasks.Length;

    public (FaultKind Kind, int Step) Of(int task) => _tasks[task];

    /// <summary>What the chain must come to.</summary>
    public static int Expected(int task) => (task * 2) + 1;

    public static string GoalOf(int task) => string.Create(CultureInfo.InvariantCulture, $"task {task}");

    public static int TaskOf(string goal) => int.Parse(goal.AsSpan("task ".Length), CultureInfo.InvariantCulture);
}
