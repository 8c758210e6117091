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

    /// <summary>A host's wall clock jumps by an hour, forwards and back in turn.</summary>
    ClockJump,

    /// <summary>The store of every host fails every write for 300 ms.</summary>
    StorageError,

    /// <summary>The store stands still for 600 ms.</summary>
    StorageFreeze,

    /// <summary>The process that coordinates the task is killed, and started again by its service manager.</summary>
    Kill,

    /// <summary>The process that coordinates the task stands still for five seconds.</summary>
    Freeze,
}

/// <summary>Which fault each task has, and at which of its steps: the same for every arm of the same seed.</summary>
internal sealed class FaultPlan
{
    public static readonly ImmutableArray<string> Agents = ["collect", "analyse", "write"];

    private readonly (FaultKind Kind, int Step)[] _tasks;

    /// <param name="seed">Decides all.</param>
    /// <param name="quiet">Tasks before the first fault.</param>
    /// <param name="faults">Tasks with a fault; between them as many again have none.</param>
    public FaultPlan(int seed, int quiet, int faults)
    {
#pragma warning disable CA5394 // Dice for an experiment: the same seed must give the same.
        var dice = new Random(seed);
        _tasks = [.. Enumerable.Range(0, quiet + (faults * 2)).Select(task => task < quiet || task % 2 == 0 ? (FaultKind.None, 0) : Faulty((task - quiet) / 2, dice.Next(Agents.Length)))];
        dice.Shuffle(_tasks.AsSpan(quiet));
#pragma warning restore CA5394
        Quiet = quiet;
    }

    public int Count => _tasks.Length;

    /// <summary>Tasks before the first fault, which say how long one takes when nothing is wrong.</summary>
    public int Quiet { get; }

    /// <summary>The first of them, which warm up and count nowhere.</summary>
    public int Warm => Quiet / 3;

    /// <summary>Whether it is done to a whole process, or to what all of them stand on: then everybody's task is hit.</summary>
    public static bool IsOfHost(FaultKind kind) => kind is FaultKind.StorageError or FaultKind.StorageFreeze or FaultKind.Kill or FaultKind.Freeze;

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
