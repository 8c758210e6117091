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

    public static Kept Of(Settlement settlement, Permit permit, DateTimeOffset now) => new(
        settlement,
        permit.Network,
        permit.Admitted?.Request.BreakerThreshold ?? 1,
        permit.Admitted is { } admitted ? admitted.RunEndsAt + After : now + Unknown,
        settlement.Kind is SettlementKind.Completed ? now - permit.StartedAt : null);

    public static Kept Of(Settlement settlement, Waiting waiting) => new(
        settlement, waiting.Request.Network, waiting.Request.BreakerThreshold, waiting.RunEndsAt + After, null);

    /// <summary>What the run's answer means for the agent's breaker: true failed, false succeeded, null says nothing about the agent.</summary>
    public bool? Failed(SettleOutcome answer) => Settlement.Kind switch
    {
        SettlementKind.Completed when answer is SettleOutcome.Settled settled => settled.Kind switch
        {
            SettleKind.Accepted or SettleKind.Held => false,
            SettleKind.Rejected => true,
            _ => null,
        },
        SettlementKind.Failed or SettlementKind.TimedOut or SettlementKind.LeaseLost when Settlement.StartedAt is not null => true,
        _ => null,
    };
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
