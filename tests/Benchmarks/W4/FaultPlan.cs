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

    /// <summary>What the step reads of the world is rewritten ten times while it works.</summary>
    Storm,

    /// <summary>The host's wall clock jumps by an hour, forwards and back in turn.</summary>
    ClockJump,

    /// <summary>The host's store fails every write for 300 ms.</summary>
    StorageError,

    /// <summary>The host's store stands still for 600 ms.</summary>
    StorageFreeze,
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
        _tasks = [.. Enumerable.Range(0, faults * 2).Select(task => task % 2 == 0 ? (FaultKind.None, 0) : Faulty(task / 2, dice.Next(Agents.Length)))];
        dice.Shuffle(_tasks);
#pragma warning restore CA5394
    }

    public int Count => _tasks.Length;

    public (FaultKind Kind, int Step) Of(int task) => _tasks[task];

    /// <summary>What the chain must come to: each step on what is so when it is accepted.</summary>
    public int Expected(int task) => (task * 2) + (Of(task).Kind == FaultKind.Storm ? StormsWrites : 0) + 1;

    /// <summary>How often a storm rewrites the world, which counts them.</summary>
    public const int StormsWrites = 10;

    /// <summary>The key of the world.</summary>
    public const string World = "world";

    public static string GoalOf(int task) => string.Create(CultureInfo.InvariantCulture, $"task {task}");

    public static int TaskOf(string goal) => int.Parse(goal.AsSpan("task ".Length), CultureInfo.InvariantCulture);

    // The world is read by the second step.
    private static (FaultKind Kind, int Step) Faulty(int number, int step)
    {
        var kind = (FaultKind)(1 + (number % (Enum.GetValues<FaultKind>().Length - 1)));
        return (kind, kind == FaultKind.Storm ? 1 : step);
    }
}
