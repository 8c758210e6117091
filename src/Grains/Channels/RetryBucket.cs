namespace Rosud.Channels;

/// <summary>
/// Keeps the retries of one channel to about a fifth of its first attempts (SEMANTICS R12): starts and is full at 10,
/// gains 0.2 for each first attempt and 1 a second. Volatile.
/// </summary>
internal sealed class RetryBucket
{
    private const double Full = 10;
    private const double PerFirstAttempt = 0.2;
    private const double PerSecond = 1;

    private double _tokens = Full;
    private DateTimeOffset _at;

    public void FirstAttempts(int count) => _tokens = Math.Min(Full, _tokens + (count * PerFirstAttempt));

    public bool TrySpend(DateTimeOffset now)
    {
        if (_at != default && now > _at) _tokens = Math.Min(Full, _tokens + ((now - _at).TotalSeconds * PerSecond));
        _at = now;
        if (_tokens < 1) return false;
        _tokens--;
        return true;
    }
}
