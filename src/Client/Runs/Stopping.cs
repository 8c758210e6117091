using System.Collections.Immutable;
using System.Globalization;

namespace Rosud.Runs;

/// <summary>Why a run ended as it did, or what it waits for.</summary>
internal static class Stopping
{
    public static ImmutableArray<Explanation> Of(RunResult run) => [Status(run), .. Causes(run).Distinct()];

    private static Explanation Status(RunResult run) => new(
        run.Status switch
        {
            RunStatus.Submitted => "It has not begun: no step has started.",
            RunStatus.Working => "It goes on.",
            RunStatus.InputRequired => "It waits for a person's answer.",
            RunStatus.Completed => "It ended because everything that was wanted was accepted.",
            RunStatus.Partial => "It ended by itself; what is missing was optional, skipped, or not written by its step.",
            RunStatus.DeadlineExceeded => string.Create(CultureInfo.InvariantCulture, $"Its deadline ended it after {run.WallMs:#,0} ms."),
            RunStatus.BudgetExceeded => "Its budget was spent before everything that was wanted was there.",
            RunStatus.StaleExhausted => "What a step read kept changing until its retries were used up.",
            RunStatus.AcceptanceFailed => "What a step wrote was not acceptable, and no retry made it so.",
            RunStatus.CircuitOpen => "An agent that it needed kept failing, so its breaker was open and nothing more was sent to it.",
            RunStatus.Overloaded => "An agent that it needed had no room within the time that was left.",
            RunStatus.Canceled => "Somebody cancelled it.",
            RunStatus.Rejected => "A step's answer was refused, and the task allows no retry for that.",
            _ => "A step that it needed failed for good.",
        },
        Evidence.Member(run, "/status"));

    private static IEnumerable<Explanation> Causes(RunResult run)
    {
        if (run.Status == RunStatus.Completed) yield break;
        foreach (var failed in run.Timeline.Where(happened => happened.Kind is "failed" or "skipped" && happened.Step is not null).Take(5))
        {
            yield return new($"Step {failed.Step} of {failed.Agent} {(failed.Kind == "failed" ? "failed" : "was skipped")}{Because(failed.Detail)}.", Of(run, failed));
        }

        foreach (var cut in run.Attempts.Where(attempt => attempt.Outcome is AttemptOutcome.Canceled or AttemptOutcome.Working || IsCutByDeadline(run, attempt)).Take(5))
        {
            yield return new(
                cut.StartedAt is null
                    ? $"Step {cut.Step} was still waiting for {cut.Agent}: no worker had taken it."
                    : string.Create(CultureInfo.InvariantCulture, $"{cut.Agent} was still at work on step {cut.Step}, for {((cut.EndedAt ?? run.EndedAt ?? run.AcceptedAt.AddMilliseconds(run.WallMs)) - cut.StartedAt.Value).TotalMilliseconds:#,0} ms."),
                cut.StartedAt is null ? Evidence.Supervisor(cut.Agent, run) : Evidence.Attempt(run, cut));
        }

        foreach (var refused in run.Timeline.Where(happened => happened is { Kind: "refused", Agent: not null }).DistinctBy(happened => happened.Agent).Take(5))
        {
            yield return new($"{refused.Agent} did not take step {refused.Step}{Because(refused.Detail)}.", Evidence.Supervisor(refused.Agent!, run));
        }
    }

    // Its own limit was the run's deadline: whichever was noticed first.
    private static bool IsCutByDeadline(RunResult run, AttemptView attempt) =>
        run.Status == RunStatus.DeadlineExceeded && attempt.Outcome is (AttemptOutcome.Timeout or AttemptOutcome.Lost) && run.Attempts.Last(other => other.Step == attempt.Step) == attempt;

    private static string Of(RunResult run, TimelineEvent failed) =>
        run.Attempts.LastOrDefault(attempt => attempt.Step == failed.Step && attempt.Outcome != AttemptOutcome.Accepted) is { } attempt ? Evidence.Attempt(run, attempt) : Evidence.Timeline(run);

    private static string Because(string? detail) => detail is { Length: > 0 } ? $": {detail.TrimEnd('.')}" : "";
}
