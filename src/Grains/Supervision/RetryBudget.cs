namespace Rosud.Supervision;

/// <summary>
/// Keeps retries to about a fifth of the first attempts (SEMANTICS R12): starts and is full at 10, gains 0.2 for each first attempt and 1 a second. A value.
/// </summary>
/// <remarks>
/// One per channel decides, beside the budget that each run has of its own (<see cref="PerRun"/>); one per agent is shown to operators. Volatile: a channel's comes back
/// half full, so a crash can let at most 5 more through.
/// </remarks>
internal readonly record struct RetryBudget(double Tokens, DateTimeOffset At)
{
    /// <summary>Re-executions of a run in all, by default.</summary>
    public const int PerRun = 3;

    private const double Most = 10;
    private const double PerFirstAttempt = 0.2;
    private const double PerSecond = 1;

    public static RetryBudget Full(DateTimeOffset now) => new(Most, now);

    public static RetryBudget HalfFull(DateTimeOffset now) => new(Most / 2, now);

    public double Left(DateTimeOffset now) => Math.Min(Most, Tokens + (Math.Max(0, (now - At).TotalSeconds) * PerSecond));

    public RetryBudget FirstAttempts(int count, DateTimeOffset now) => new(Math.Min(Most, Left(now) + (count * PerFirstAttempt)), Later(now));

    /// <summary>Spends one retry, if there is one.</summary>
    public (RetryBudget Next, bool Spent) TrySpend(DateTimeOffset now)
    {
        var left = Left(now);
        return left >= 1 ? (new(left - 1, Later(now)), true) : (new(left, Later(now)), false);
    }

    private DateTimeOffset Later(DateTimeOffset now) => now > At ? now : At;
}
