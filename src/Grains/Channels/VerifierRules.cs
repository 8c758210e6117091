using System.Collections.Immutable;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>What the log knows of verifiers: nothing of their step is committed before each of them accepted it. SEMANTICS R15.</summary>
internal static class VerifierRules
{
    public static Problem NotJudged { get; } = new(ProblemKind.Unverified, "The step's verifiers have not accepted this.");

    /// <summary>
    /// Whether every verifier of the step accepted the commit. Default values are not judged: no agent made them. What is remembered, or was accepted for the equal work of another step, was judged when
    /// it was made: verifiers and their revisions are part of what makes work equal.
    /// </summary>
    public static bool IsJudged(RunRecord record, StepCommit commit)
    {
        if (commit.Writer is not null || commit.IsRecall) return true;
        var step = record.Accepted.Steps.FirstOrDefault(step => step.Id == commit.Step);
        var verifiers = step?.Verifiers ?? [];
        if (commit.IsCopy) return verifiers.IsEmpty || record.Accepted.Steps.Any(other => other != step && IsAlike(other, step!) && record.Steps.GetValueOrDefault(other.Id)?.Done is not null);
        return verifiers.All(verifier => commit.Verified.Any(made => made.Step == verifier.Id && made.Outcome == AttemptOutcome.Accepted));
    }

    private static bool IsAlike(PlannedStep one, PlannedStep other) => one.Agent == other.Agent && one.Goal == other.Goal
        && one.Verifiers.Select(verifier => (verifier.Agent, verifier.AgentRevision)).SequenceEqual(other.Verifiers.Select(verifier => (verifier.Agent, verifier.AgentRevision)));

    /// <summary>Lists verifiers' attempts that have ended and fences them: the next round has a higher number.</summary>
    public static RunRecord Note(RunRecord record, ImmutableArray<AttemptView> verified)
    {
        foreach (var made in verified.IsDefault ? [] : verified)
        {
            var known = record.Steps.GetValueOrDefault(made.Step) ?? new StepRecord();
            if (known.Fence > made.Attempt) continue;
            known = known with { Retries = known.Retries + 1, Fence = made.Attempt + 1, Ended = known.Ended.Add(made with { Handed = [] }) };
            record = record with { Steps = record.Steps.SetItem(made.Step, known) };
        }

        return record;
    }
}
