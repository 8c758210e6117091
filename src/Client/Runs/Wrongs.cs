using System.Collections.Immutable;

namespace Rosud.Runs;

/// <summary>What went wrong in a run: attempts that were not accepted, what they had read, and what came too late.</summary>
internal static class Wrongs
{
    private const int SentencesMax = 20;

    public static ImmutableArray<Explanation> Of(RunResult run) =>
        [.. Stale(run).Concat(Flagged(run)).Concat(Failures(run)).Concat(Late(run)).Take(SentencesMax)];

    /// <summary>How an attempt ended, as the rest of a sentence.</summary>
    public static string Ending(AttemptView attempt) => attempt.Outcome switch
    {
        AttemptOutcome.Stale => "ended stale" + Why(attempt),
        AttemptOutcome.Failure => "failed" + Why(attempt),
        AttemptOutcome.Timeout => "took too long" + Why(attempt),
        AttemptOutcome.Lost => "was lost" + Why(attempt),
        AttemptOutcome.Rejected => "was refused" + Why(attempt),
        AttemptOutcome.Deferred => "was put off by its agent" + Why(attempt),
        AttemptOutcome.Refused => "was not admitted" + Why(attempt),
        AttemptOutcome.Canceled => "was cut off" + Why(attempt),
        AttemptOutcome.Accepted => "was accepted",
        _ => "is at work",
    };

    // One sentence per key that changed under an attempt; who changed it is in the key's history.
    private static IEnumerable<Explanation> Stale(RunResult run) =>
        run.Timeline.Where(happened => happened is { Kind: "stale" or "behind", Detail: not null, Version: not null } && Outcome(run, happened) != AttemptOutcome.Accepted)
            .DistinctBy(happened => (happened.Step, happened.Attempt, happened.Detail))
            .Select(happened => new Explanation(
                $"{happened.Detail} changed at version {happened.Version?.Number} while {happened.Agent} worked on step {happened.Step} with what was there before{Read(run, happened)}: attempt {happened.Attempt} did not count.",
                Evidence.Blame(run, happened.Detail!)));

    private static IEnumerable<Explanation> Flagged(RunResult run) =>
        run.Timeline.Where(happened => happened is { Kind: "stale" or "behind", Detail: not null, Version: not null } && Outcome(run, happened) == AttemptOutcome.Accepted)
            .DistinctBy(happened => (happened.Step, happened.Attempt, happened.Detail))
            .Select(happened => new Explanation(
                $"Step {happened.Step} was accepted although {happened.Detail} had changed at version {happened.Version?.Number} while {happened.Agent} worked on it.", Evidence.Blame(run, happened.Detail!)));

    private static IEnumerable<Explanation> Failures(RunResult run) =>
        run.Attempts.Where(attempt => attempt.Outcome is AttemptOutcome.Failure or AttemptOutcome.Timeout or AttemptOutcome.Lost or AttemptOutcome.Rejected or AttemptOutcome.Refused or AttemptOutcome.Deferred)
            .Select(attempt => new Explanation($"Attempt {attempt.Attempt} of {attempt.Agent} at step {attempt.Step} {Ending(attempt)}.", Evidence.Attempt(run, attempt)));

    private static IEnumerable<Explanation> Late(RunResult run) =>
        run.LateResults.Select((late, i) => new Explanation(
            $"{late.Agent} answered for attempt {late.Attempt} of step {late.Step} when it no longer counted; its answer was kept out of the context.", Evidence.Member(run, $"/late_results/{i}")));

    private static AttemptOutcome? Outcome(RunResult run, TimelineEvent happened) =>
        run.Attempts.FirstOrDefault(attempt => attempt.Step == happened.Step && attempt.Attempt == happened.Attempt)?.Outcome;

    private static string Read(RunResult run, TimelineEvent happened) =>
        run.Attempts.FirstOrDefault(attempt => attempt.Step == happened.Step && attempt.Attempt == happened.Attempt)?.ReadVersion is { } read ? $" (it had read version {read.Number})" : "";

    private static string Why(AttemptView attempt) => attempt.Reason is { Length: > 0 } reason ? $": {reason.TrimEnd('.')}" : "";
}
