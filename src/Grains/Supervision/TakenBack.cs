using Rosud.Agents;
using Rosud.Runs;

namespace Rosud.Supervision;

/// <summary>Whether an attempt that a worker still has counts, by what its run says.</summary>
internal static class TakenBack
{
    public static bool IsWanted(RunOutcome outcome, AssignmentId attempt) =>
        outcome is RunOutcome.Found { Result: var run }
        && run.Status is RunStatus.Submitted or RunStatus.Working or RunStatus.InputRequired
        && !run.Attempts.Any(listed => listed.Step == attempt.Step && Beats(listed, attempt));

    // Another attempt has the step already, or this one is known to have ended.
    private static bool Beats(AttemptView listed, AssignmentId attempt) =>
        listed.Attempt > attempt.Attempt || (listed.Attempt == attempt.Attempt && listed.Outcome is not AttemptOutcome.Working);
}
