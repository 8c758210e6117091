using System.Diagnostics;

namespace Rosud.Fencing;

/// <summary>The system's time, for a process that stood still: when it wakes, more has passed than it knows. Timers are not touched.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _shift;

    public void Pass(TimeSpan time) => Interlocked.Add(ref _shift, (long)(time.TotalSeconds * Stopwatch.Frequency));

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _shift);
}
