namespace Rosud.Supervision;

/// <summary>
/// The wall clock without its jumps: it starts at the time of day and then goes with the time that passes. What the wall clock differs by later it makes up for by at
/// most a hundredth of the time that passes, so that deadlines, leases and open times stay as long as they should be whatever is done to the machine's clock.
/// </summary>
/// <remarks>
/// Never goes back. A wall clock that stays more than ten seconds ahead for five minutes is believed and caught up with at once: it was wrong before (a machine that started without
/// the time of day), or the machine was suspended. One that stays behind is approached by a hundredth only.
/// </remarks>
internal sealed class SteadyTime(TimeProvider wall) : TimeProvider
{
    private const double CorrectionMax = 0.01;
    private const double CorrectionPerSecondOff = 0.1;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BelievedAfter = TimeSpan.FromMinutes(5);
    private Anchor _anchor = new(wall.GetUtcNow(), wall.GetTimestamp(), 0, AheadSince: null);

    public override long TimestampFrequency => wall.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => wall.LocalTimeZone;

    public override long GetTimestamp() => wall.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => wall.CreateTimer(callback, state, dueTime, period);

    public override DateTimeOffset GetUtcNow()
    {
        var anchor = Volatile.Read(ref _anchor);
        var stamp = wall.GetTimestamp();
        var passed = wall.GetElapsedTime(anchor.Stamp, stamp);
        var now = anchor.At + passed + (anchor.Correction * (passed < Interval ? passed : Interval));   // A correction holds for one interval, also when nobody asks for long.
        if (passed < Interval) return now;
        var next = Next(anchor, now, wall.GetUtcNow() - now, stamp);
        Interlocked.CompareExchange(ref _anchor, next, anchor);
        return next.At;
    }

    private Anchor Next(Anchor anchor, DateTimeOffset now, TimeSpan off, long stamp)
    {
        var aheadSince = off > Ahead ? anchor.AheadSince ?? stamp : default(long?);
        return aheadSince is { } since && wall.GetElapsedTime(since, stamp) >= BelievedAfter
            ? new(now + off, stamp, 0, AheadSince: null)
            : new(now, stamp, Math.Clamp(off.TotalSeconds * CorrectionPerSecondOff, -CorrectionMax, CorrectionMax), aheadSince);
    }

    private sealed record Anchor(DateTimeOffset At, long Stamp, double Correction, long? AheadSince);
}
