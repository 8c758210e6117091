using System.Collections.Immutable;
using Rosud.Agents;

namespace Rosud.Runs;

/// <summary>Answers that came too late to count: kept for people, so in a bounded number and size.</summary>
internal static class LateResults
{
    public const int CountMax = 32;

    /// <summary>What the kept answers together may have wanted to write.</summary>
    public const int BytesMax = 64 * 1024;

    /// <summary>One more answer as it is to be kept; null when it is known already or there are enough.</summary>
    public static AttemptView? With(IReadOnlyCollection<AttemptView> kept, AssignmentId assignment, Completion completion, DateTimeOffset now)
    {
        if (kept.Count >= CountMax || kept.Any(late => late.Step == assignment.Step && late.Attempt == assignment.Attempt)) return null;
        var fits = kept.Sum(late => SizeOf(late.LateWrites)) + SizeOf(completion.Writes) <= BytesMax;
        return new()
        {
            Step = assignment.Step,
            Agent = assignment.Agent.Name,
            Attempt = assignment.Attempt,
            Outcome = AttemptOutcome.Canceled,
            EndedAt = now,
            Reason = fits ? "It came too late." : "It came too late, and what it wanted to write is too large to keep.",
            Usage = completion.Usage,
            LateWrites = fits ? completion.Writes : [],
        };
    }

    /// <summary>Whether an ended run whose attempts were <paramref name="attempts"/> can have such an attempt, and its answer did not count: when only the word of an accepted one was lost, nothing is late.</summary>
    /// <param name="upTo">The highest number that an attempt of the run can have had; null when that is not known. What a driver that was lost had handed out is in no record.</param>
    public static bool IsFor(IReadOnlyCollection<AttemptView> attempts, int? upTo, AssignmentId attempt)
    {
        var own = attempts.Where(known => known.Step == attempt.Step).ToArray();
        return own.Any(known => known.Agent == attempt.Agent.Name)
            && attempt.Attempt >= 1 && !(attempt.Attempt > upTo)
            && !own.Any(known => known.Attempt == attempt.Attempt && known.Outcome == AttemptOutcome.Accepted);
    }

    private static int SizeOf(ImmutableArray<Context.ContextWrite> writes) => writes.IsDefault ? 0 : writes.Sum(write => write.Key.Value.Length + (write.Value?.Length ?? 0));
}
