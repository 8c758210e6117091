using Rosud.Agents;
using Rosud.Runs;

namespace Rosud.Supervision;

/// <summary>What an agent's failure means: a failure, or a wish to be tried later.</summary>
internal static class FailureRules
{
    private const int ReasonLengthMax = 4_096;
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromHours(1);

    public static Settlement Settle(Permit permit, Failure failure, DateTimeOffset now)
    {
        var deferred = failure.RetryAfter is not null;
        return permit.Settlement(deferred ? SettlementKind.Deferred : SettlementKind.Failed, now) with
        {
            Reason = failure.Reason.Length > ReasonLengthMax ? failure.Reason[..ReasonLengthMax] : failure.Reason,
            Retryable = failure.Retryable,
            RetryAfter = failure.RetryAfter is { } wait ? Within(wait) : null,
        };
    }

    private static TimeSpan Within(TimeSpan wait) => wait < TimeSpan.Zero ? TimeSpan.Zero : wait > RetryAfterMax ? RetryAfterMax : wait;
}
