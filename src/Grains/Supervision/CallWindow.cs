using Rosud.Context;

namespace Rosud.Supervision;

/// <summary>What a closed breaker knows of the last calls, in bounded space: a value.</summary>
/// <remarks>The time window is counted in thirtieths of it, so a call leaves it up to a thirtieth early.</remarks>
/// <param name="Before">The thirtieths before <paramref name="Newest"/> that have calls.</param>
/// <param name="Last">The last calls.</param>
internal sealed record CallWindow(Window<CallSlice> Before, CallSlice Newest, Window<Call> Last, int FailuresInARow)
{
    private const int SliceCount = 30;

    public static CallWindow Empty { get; } = new(Window<CallSlice>.Empty, default, Window<Call>.Empty, 0);

    public CallWindow With(CallOutcome call, DateTimeOffset now, BreakerOptions options)
    {
        var number = SliceOf(now, options);
        var (before, newest) = number <= Newest.Number ? (Before, Newest) : (Newest.Calls > 0 ? Before.Add(Newest) : Before, new(number, 0, 0, 0));
        while (!before.IsEmpty && before[0].Number <= number - SliceCount) before = before.RemoveFirst();
        var last = Last;
        while (last.Count >= options.LastCalls) last = last.RemoveFirst();
        return new(before, newest.With(call), last.Add(new(now, call is CallOutcome.Failed)), call is CallOutcome.Failed ? FailuresInARow + 1 : 0);
    }

    /// <summary>Why these calls open a breaker; null when they do not.</summary>
    public BreakerReason? Trips(double threshold, DateTimeOffset now, BreakerOptions options)
    {
        if (FailuresInARow >= options.FailuresInARow) return BreakerReason.FailuresInARow;
        var (calls, failures, slow) = Counted(now, options);
        if (calls >= options.CallsMin && (double)failures / calls >= threshold) return BreakerReason.FailureRate;
        if (calls >= options.CallsMin && (double)slow / calls >= options.SlowThreshold) return BreakerReason.SlowCalls;
        return Last.Count >= options.LastCalls
            && now - Last[0].At <= options.LastCallsWithin
            && (double)FailuresOf(Last.AsSpan()) / Last.Count >= threshold ? BreakerReason.LastCalls : null;
    }

    public (int Calls, int Failures, int Slow) Counted(DateTimeOffset now, BreakerOptions options)
    {
        var oldest = SliceOf(now, options) - SliceCount;
        var (calls, failures, slow) = Newest.Number > oldest ? (Newest.Calls, Newest.Failures, Newest.Slow) : (0, 0, 0);
        foreach (var slice in Before.AsSpan())
        {
            if (slice.Number <= oldest) continue;
            calls += slice.Calls;
            failures += slice.Failures;
            slow += slice.Slow;
        }

        return (calls, failures, slow);
    }

    private static int FailuresOf(ReadOnlySpan<Call> calls)
    {
        var failures = 0;
        foreach (var call in calls) failures += call.Failed ? 1 : 0;
        return failures;
    }

    private static long SliceOf(DateTimeOffset now, BreakerOptions options) => now.UtcTicks / (options.Window.Ticks / SliceCount);
}

/// <summary>What a call says about its agent.</summary>
internal enum CallOutcome
{
    /// <summary>Nothing: it was cancelled, stale, deferred, or lost by the platform.</summary>
    Neutral,

    Succeeded,

    /// <summary>It succeeded, but took most of its limit.</summary>
    Slow,

    Failed,
}

/// <summary>Calls of one thirtieth of the window.</summary>
internal readonly record struct CallSlice(long Number, int Calls, int Failures, int Slow)
{
    public CallSlice With(CallOutcome call) => this with
    {
        Calls = Calls + 1,
        Failures = Failures + (call is CallOutcome.Failed ? 1 : 0),
        Slow = Slow + (call is CallOutcome.Slow ? 1 : 0),
    };
}

/// <summary>One call that the breaker counted.</summary>
internal readonly record struct Call(DateTimeOffset At, bool Failed);
