using System.Collections.Immutable;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>What a running attempt asks for against its step's contract, with the place of each breach.</summary>
internal static class ContractBreach
{
    public static Problem Effect { get; } = Of(new ProblemError("name", "The step did not declare this effect.", "undeclared_effect"));

    public static Problem Budget { get; } = Of(new ProblemError("/task/budget", "The parent run has less of its budget left.", "above_parent"));

    /// <summary>Keys that the step may not write; when it may write all of them, what else is wrong with them together.</summary>
    public static Problem Undeclared(PlannedStep step, ImmutableArray<ContextWrite> writes, string sentence)
    {
        var undeclared = writes.Where(write => !step.Writes.Any(may => may.Matches(write.Key)))
            .Select(write => new ProblemError(PointerOf(write), $"The step did not declare that it writes {write.Key}.", "undeclared_write")).ToImmutableArray();
        return undeclared.IsEmpty ? Unacceptable(sentence) : Of([.. undeclared]);
    }

    /// <summary>Writes that the step's acceptance refuses.</summary>
    public static Problem Unacceptable(string sentence) => Of(new ProblemError("/writes", sentence, "not_acceptable"));

    private static Problem Of(params ImmutableArray<ProblemError> errors) =>
        new(ProblemKind.ContractRejected, errors.Length == 1 ? errors[0].Message : $"It breaks the step's contract in {errors.Length} places.") { Errors = errors };

    // A deleted key stands in a list, whose order is not known here.
    private static string PointerOf(ContextWrite write) => write.Value is null ? "/delete" : $"/writes/{write.Key}";
}
