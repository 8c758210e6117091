using Rosud.Agents;
using Rosud.Runs;

namespace Rosud.Supervision;

/// <summary>An outcome that its run has not answered for yet.</summary>
/// <param name="Until">When to give up: the run is over by then, or gone.</param>
/// <param name="Service">How long the agent worked; null when that is not known.</param>
internal sealed record Kept(Settlement Settlement, string? Network, double Threshold, DateTimeOffset Until, TimeSpan? Service)
{
    /// <summary>How long an outcome is kept after its run must have ended.</summary>
    public static readonly TimeSpan After = TimeSpan.FromMinutes(1);

    /// <summary>How long an outcome is kept when nothing is known of its run.</summary>
    public static readonly TimeSpan Unknown = TimeSpan.FromMinutes(10);

    public AssignmentId Assignment => Settlement.Assignment;

    public long Bytes { get; } = Settlement.Completion is { } done
        ? done.Writes.Sum(write => 64L + (write.Value?.Length ?? 0)) + (done.Output?.Length ?? 0)
        : 0;

    /// <param name="median">What the agent's last answers took, in the middle; null when there are too few.</param>
    public static Kept Of(Settlement settlement, Permit permit, TimeSpan? median, DateTimeOffset now) => new(
        settlement,
        permit.Network,
        permit.Admitted?.Request.BreakerThreshold ?? 1,
        permit.Admitted is { } admitted ? admitted.RunEndsAt + After : now + Unknown,
        settlement.Kind is SettlementKind.Completed ? now - permit.StartedAt : null)
    {
        Limit = permit.Admitted?.Request.Timeout,
        IsCutShort = settlement.Kind is SettlementKind.TimedOut && !permit.WasGivenEnough(median),
        Request = permit.Admitted?.Request,
    };

    public static Kept Of(Settlement settlement, Waiting waiting) => new(
        settlement, waiting.Request.Network, waiting.Request.BreakerThreshold, waiting.RunEndsAt + After, null);

    /// <summary>How long the attempt was allowed to take; null when that is not known.</summary>
    public TimeSpan? Limit { get; private init; }

    /// <summary>Its run's time ended it before the agent had a fair part of it.</summary>
    public bool IsCutShort { get; private init; }

    /// <summary>What it was about, while a supervisor may have to know it again.</summary>
    public AdmitRequest? Request { get; private init; }

    /// <summary>What the run's answer says about the agent.</summary>
    public CallOutcome Counts(SettleOutcome answer, BreakerOptions options) => Settlement.Kind switch
    {
        SettlementKind.Completed when answer is SettleOutcome.Settled settled => settled.Kind switch
        {
            SettleKind.Accepted or SettleKind.Held => Service > Limit * options.SlowAfterShareOfLimit ? CallOutcome.Slow : CallOutcome.Succeeded,
            SettleKind.Rejected => CallOutcome.Failed,
            _ => CallOutcome.Neutral,
        },
        SettlementKind.Failed or SettlementKind.TimedOut or SettlementKind.LeaseLost when Settlement.StartedAt is not null && !IsCutShort => CallOutcome.Failed,
        _ => CallOutcome.Neutral,
    };

    /// <summary>Whether it ended as R12 counts for poison: in failure or loss, not by what it wrote.</summary>
    public bool EndedBadly => !IsCutShort && Settlement is { Kind: SettlementKind.Failed or SettlementKind.TimedOut or SettlementKind.LeaseLost, StartedAt: not null };
}

/// <summary>Why an attempt ended that its worker may not know of yet.</summary>
internal sealed record Ending(bool Superseded, bool Cancelled);

/// <summary>What the supervisor does with a worker's last word on an attempt.</summary>
internal enum LastWord
{
    /// <summary>It is kept, by this call or before: its run judges it.</summary>
    Kept,

    /// <summary>A later attempt has the step, its lease ended, or it was never handed out.</summary>
    Fenced,

    /// <summary>Too much is waiting for runs already: say it again later.</summary>
    Full,
}
