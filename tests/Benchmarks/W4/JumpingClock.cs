namespace Rosud.W4;

/// <summary>A machine's wall clock that somebody sets wrong by an hour, and right again. Time itself goes on.</summary>
internal sealed class JumpingClock : TimeProvider
{
    private static readonly long Hour = TimeSpan.FromHours(1).Ticks;
    private long _offTicks;
    private int _jumps;

    /// <summary>An hour forwards, back to the right time, an hour back, and right again.</summary>
    public Task Jump()
    {
        long[] offs = [Hour, 0, -Hour, 0];
        Interlocked.Exchange(ref _offTicks, offs[(Interlocked.Increment(ref _jumps) - 1) % offs.Length]);
        return Task.CompletedTask;
    }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Interlocked.Read(ref _offTicks));
}
