using Rosud.Supervision;

namespace Rosud.Channels;

/// <summary>The retries that one channel has left beside those of each run. Volatile; only the flush loop spends from it.</summary>
/// <param name="restored">When the channel was restored, if it was: then it is half full. Null for one that is new.</param>
internal sealed class RetryBucket(DateTimeOffset? restored = null)
{
    private RetryBudget _budget = restored is { } at ? RetryBudget.HalfFull(at) : RetryBudget.Full(default);

    public void FirstAttempts(int count) => _budget = _budget.FirstAttempts(count, _budget.At);

    /// <summary>Spends for one command, once: a command that did not fit into a record is decided again.</summary>
    public Func<DateTimeOffset, bool> ForOne()
    {
        bool? spent = null;
        return now => spent ??= TrySpend(now);
    }

    private bool TrySpend(DateTimeOffset now)
    {
        (_budget, var spent) = _budget.TrySpend(now);
        return spent;
    }
}
