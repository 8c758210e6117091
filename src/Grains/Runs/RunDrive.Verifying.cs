using System.Collections.Immutable;
using System.Text.Json;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Runs;

// Verifiers judge what an attempt wants to commit before it is committed: an assignment of its own, with its own retries, time and cost. SEMANTICS R15.
internal sealed partial class RunDrive
{
    private readonly StepState[] _judges;

    /// <summary>The steps of the plan, then their verifiers.</summary>
    public IEnumerable<StepState> Everyone => _judges.Length == 0 ? _steps : _steps.Concat(_judges);

    private static ImmutableArray<StepState> JudgesOf(StepState step) => [.. step.Plan.Verifiers.Select(verifier => new StepState(
        new()
        {
            Id = verifier.Id,
            Agent = verifier.Agent,
            Goal = step.Plan.Goal,
            Reads = verifier.Reads,
            Writes = [],
            Timeout = verifier.Timeout,
            AgentRevision = verifier.AgentRevision,
            Effects = [],
        },
        step.Index)
    { Judged = step, Demanded = true })];

    // One after another, so that what the first refuses costs no second.
    private void Verify(StepState step, DateTimeOffset now)
    {
        step.Phase = StepPhase.Verifying;
        if (step.Judges.FirstOrDefault(judge => judge.Phase != StepPhase.Done) is { } next)
        {
            if (next.Phase == StepPhase.Waiting && next.NotBefore <= now && !_replica.HasGap) Dispatch(next, now);
            return;
        }

        step.Commit = step.Commit! with { Verified = VerifiedOf(step) };
        TryCommit(step, now);
    }

    // What verifiers have judged and no record names yet.
    private static ImmutableArray<AttemptView> VerifiedOf(StepState step) =>
        [.. step.Judges.SelectMany(judge => judge.Unlogged.Where(made => made.Outcome == AttemptOutcome.Accepted))];

    private ContextView ViewOfJudge(StepState judge) => judge.Judged!.View is { } handed
        ? handed with { Entries = [.. handed.Entries.Where(entry => judge.Plan.Reads.Any(read => read.Key.Matches(entry.Key)))], Expired = [] }
        : _replica.View(judge.Plan.Reads, IsHidden);

    private static ProposedWork? ProposedTo(StepState judge) => judge.Judged is { Commit: { } commit } step
        ? new(step.Plan.Id, step.Agent, step.Attempt, commit.Writes, step.Output)
        : null;

    private void Judged(StepState judge, Settlement settlement, DateTimeOffset now)
    {
        var step = judge.Judged!;
        var (accepted, reason, fault) = Verdict(settlement.Completion!);
        fault ??= _outputSchemas.Fault(judge.Agent, settlement.Completion!.Output);
        if (fault is not null)
        {
            Answer(judge, judge.Attempt, new SettleOutcome.Settled(SettleKind.Rejected, null, fault));
            Fail(judge, RetryCause.Failure, AttemptOutcome.Rejected, fault, retryable: true, now, settlement.Completion!.Usage);
            return;
        }

        Answer(judge, judge.Attempt, new SettleOutcome.Settled(SettleKind.Accepted, null));
        var made = Viewed(judge, AttemptOutcome.Accepted, accepted ? reason : $"It refused the work: {reason}", now) with { Usage = settlement.Completion!.Usage };
        _attempts.Add(made);
        judge.Unlogged.Add(made);
        judge.Phase = StepPhase.Done;
        judge.Done = made;
        _timeline.Add(now, accepted ? "verified" : "refused_by_verifier", judge, detail: reason);
        if (step.Phase != StepPhase.Verifying) return;
        if (accepted)
        {
            Verify(step, now);
            return;
        }

        step.Feedback = reason;
        Answer(step, step.Attempt, new SettleOutcome.Settled(SettleKind.Rejected, null, reason));
        Fail(step, RetryCause.Acceptance, AttemptOutcome.Rejected, $"{judge.Agent} refused it: {reason}", retryable: true, now, step.Commit!.Attempt.Usage);
    }

    private static (bool Accepted, string? Reason, string? Fault) Verdict(Completion completion)
    {
        if (!completion.Writes.IsEmpty) return (false, null, "A verifier writes nothing.");
        if (completion.Output is not { } output) return (false, null, NoVerdict);
        using var json = JsonDocument.Parse(output.Utf8);
        var root = json.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("accepted", out var accepted) || accepted.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) return (false, null, NoVerdict);
        var reason = root.TryGetProperty("reason", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString() : null;
        if (reason is { Length: > 4_096 }) reason = reason[..4_096];
        return (accepted.GetBoolean(), accepted.GetBoolean() ? reason : reason ?? "It gave no reason.", null);
    }

    private const string NoVerdict = "A verifier answers with output {\"accepted\": true or false, \"reason\": text}.";

    // The verifier failed for good: the work is not judged, which says nothing about the one who made it.
    private void NotJudged(StepState judge, string? reason, DateTimeOffset now)
    {
        judge.Phase = StepPhase.Failed;
        _timeline.Add(now, "failed", judge, detail: reason);
        var step = judge.Judged!;
        if (step.Phase != StepPhase.Verifying) return;
        Answer(step, step.Attempt, new SettleOutcome.Refused(new(ProblemKind.Unverified, $"Its verifier failed: {reason}")));
        GiveUp(step, RetryCause.Acceptance, RunStatus.AcceptanceFailed, Ending(step, AttemptOutcome.Rejected, $"Its verifier {judge.Agent} failed: {reason}", now, step.Commit!.Attempt.Usage), now);
    }

    // The attempt has ended: whoever still judges it is told, and the next one is judged anew.
    private void StopJudging(StepState step)
    {
        foreach (var judge in step.Judges)
        {
            if (judge.Phase == StepPhase.Requested) Act(new DriveAction.Supersede(AssignmentOf(judge)));
            if (judge.Phase != StepPhase.Retrying) judge.Phase = StepPhase.Waiting;
            judge.Done = null;
            judge.Failures = judge.Deferrals = 0;
            judge.NotBefore = default;
        }
    }

    // A record named them: their next attempts have higher numbers.
    private void Logged(ImmutableArray<AttemptView> verified)
    {
        foreach (var made in verified.IsDefault ? [] : verified)
        {
            var judge = _byId[made.Step];
            if (!judge.Unlogged.Remove(made)) continue;
            judge.Retries++;
            judge.Fence = Math.Max(judge.Fence, made.Attempt + 1);
        }
    }

    private void RestoreJudge(StepState judge, StepRecord known)
    {
        judge.Retries = known.Retries;
        judge.Fence = known.Fence;
        foreach (var attempt in known.Ended)
        {
            _attempts.Add(attempt);
            if (attempt.Outcome != AttemptOutcome.Refused) _budget.Count();
            _budget.Settle(attempt.Agent, judge.Plan.Id, attempt.Attempt, attempt.Usage);
        }

        _budget.Keep(judge.Plan.Id, known.Unsaid);

        if (judge.Judged!.Phase == StepPhase.Done && known.Ended is [.., { Outcome: AttemptOutcome.Accepted } last])
        {
            judge.Done = last;
            judge.Phase = StepPhase.Done;
        }
    }
}
