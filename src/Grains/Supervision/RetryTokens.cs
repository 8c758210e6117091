namespace Rosud.Supervision;

/// <summary>How many retries this agent's work has left by the rule of SEMANTICS R12: shown to operators; the channel's own bucket decides. A value.</summary>
internal readonly record struct RetryTokens(double Tokens, DateTimeOffset At)
{
    private const double Most = 10;
    private const double PerFirstAttempt = 0.2;
    private const double PerSecond = 1;

    public static RetryTokens Full(DateTimeOffset now) => new(Most, now);

    public double Left(DateTimeOffset now) => Math.Min(Most, Tokens + (Math.Max(0, (now - At).TotalSeconds) * PerSecond));

    public RetryTokens With(bool retry, DateTimeOffset now) =>
        new(Math.Clamp(Left(now) + (retry ? -1 : PerFirstAttempt), 0, Most), now);
}
