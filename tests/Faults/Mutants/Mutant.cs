using System.Collections.Immutable;

namespace Rosud.Mutants;

/// <summary>Ways to break the platform on purpose: a checker that lets one pass is worth nothing. None can be switched on in the product.</summary>
internal static class Mutant
{
    /// <summary>Patches are accepted whatever has changed of what they relied on.</summary>
    public const string NoValidation = "no-validation";

    /// <summary>A write is acknowledged before it is durable.</summary>
    public const string EarlyAnswer = "early-answer";

    /// <summary>A listener is not told some commits, and nothing of a gap.</summary>
    public const string DroppedEvent = "dropped-event";

    /// <summary>A repeated write is done again.</summary>
    public const string NoOperationId = "no-operation-id";

    /// <summary>A read answers without asking whether its activation is still the one.</summary>
    public const string UnconfirmedReads = "unconfirmed-reads";

    /// <summary>Storage takes every write, whatever it overwrites.</summary>
    public const string NoCompare = "no-compare";

    /// <summary>What a task id stands for is forgotten with the activation. Only in the simulation: the product keeps it in the run's own record, and has no service that could be replaced.</summary>
    public const string VolatileTaskIds = "volatile-task-ids";

    /// <summary>Whether it only shows where two activations of one channel are alive at once.</summary>
    public static bool NeedsTwo(string? mutant) => mutant is UnconfirmedReads or NoCompare;

    /// <summary>Those that a host can be started with.</summary>
    public static ImmutableArray<string> All { get; } = [NoValidation, EarlyAnswer, DroppedEvent, NoOperationId, UnconfirmedReads, NoCompare];
}
