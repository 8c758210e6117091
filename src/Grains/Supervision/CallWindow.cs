using System.Collections.Immutable;

namespace Rosud.Supervision;

/// <summary>What a closed breaker knows of the last calls, in bounded space: a value.</summary>
/// <remarks>The time window is counted in thirtieths of it, so a call leaves it up to a thirtieth early.</remarks>
internal sealed record CallWindow(
    ImmutableArray<CallSlice> Slices,
    ImmutableArray<Call> Last,
    int FailuresInARow)
{
    private const int SliceCount = 30;

    public static CallWindow Empty { get; } = new([], [], 0);

    public CallWindow With(CallOutcome call, DateTimeOffset now, BreakerOptions options)
    {
        var number = SliceOf(now, options);
        var kept = Slices is [var oldest, ..] && oldest.Number <= number - SliceCount ? Slices.RemoveAll(slice => slice.Number <= number - SliceCount) : Slices;
        var slices = kept is [.., var newest] && newest.Number >= number
            ? kept.SetItem(kept.Length - 1, newest.With(call))
            : kept.Add(new CallSlice(number, 0, 0, 0).With(call));
        var gone = Math.Max(0, Last.Length - options.LastCalls + 1);
        ImmutableArray<Call> last = [.. Last.AsSpan(gone, Last.Length - gone), new(now, call is CallOutcome.Failed)];
        return new(slices, last, call is CallOutcome.Failed ? FailuresInARow + 1 : 0);
    }

    /// <summary>Why these calls open a breaker; null when they do not.</summary>
    public BreakerReason? Trips(double threshold, DateTimeOffset now, BreakerOptions options)
    {
        if (FailuresInARow >= options.FailuresInARow) return BreakerReason.FailuresInARow;
        var (calls, failures, slow) = Counted(now, options);
        if (calls >= options.CallsMin && (double)failures / calls >= threshold) return BreakerReason.FailureRate;
        if (calls >= options.CallsMin && (double)slow / calls >= options.SlowThreshold) return BreakerReason.SlowCalls;
        return Last.Length >= options.LastCalls
            && now - Last[0].At <= options.LastCallsWithin
            && (double)Last.Count(call => call.Failed) / Last.Length >= threshold ? BreakerReason.LastCalls : null;
    }

    public (int Calls, int Failures, int Slow) Counted(DateTimeOffset now, BreakerOptions options)
    {
        var oldest = SliceOf(now, options) - SliceCount;
        var (calls, failures, slow) = (0, 0, 0);
        foreach (var slice in Slices)
        {
            if (slice.Number <= oldest) continue;
            calls += slice.Calls;
            failures += slice.Failures;
            slow += slice.Slow;
        }

        return (calls, failures, slow);
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
