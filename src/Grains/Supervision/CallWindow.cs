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

    public CallWindow With(bool failed, DateTimeOffset now, BreakerOptions options)
    {
        var number = SliceOf(now, options);
        var kept = Slices.RemoveAll(slice => slice.Number <= number - SliceCount);
        var slices = kept is [.., var newest] && newest.Number >= number
            ? kept.SetItem(kept.Length - 1, newest.With(failed))
            : kept.Add(new CallSlice(number, 0, 0).With(failed));
        var last = (Last.Length >= options.LastCalls ? Last.RemoveRange(0, Last.Length - options.LastCalls + 1) : Last).Add(new(now, failed));
        return new(slices, last, failed ? FailuresInARow + 1 : 0);
    }

    public bool Trips(double threshold, DateTimeOffset now, BreakerOptions options)
    {
        if (FailuresInARow >= options.FailuresInARow) return true;
        var (calls, failures) = Counted(now, options);
        if (calls >= options.CallsMin && failures >= threshold * calls) return true;
        return Last.Length >= options.LastCalls
            && now - Last[0].At <= options.LastCallsWithin
            && Last.Count(call => call.Failed) >= threshold * Last.Length;
    }

    public (int Calls, int Failures) Counted(DateTimeOffset now, BreakerOptions options)
    {
        var oldest = SliceOf(now, options) - SliceCount;
        var (calls, failures) = (0, 0);
        foreach (var slice in Slices)
        {
            if (slice.Number <= oldest) continue;
            calls += slice.Calls;
            failures += slice.Failures;
        }

        return (calls, failures);
    }

    private static long SliceOf(DateTimeOffset now, BreakerOptions options) => now.UtcTicks / (options.Window.Ticks / SliceCount);
}

/// <summary>Calls of one thirtieth of the window.</summary>
internal readonly record struct CallSlice(long Number, int Calls, int Failures)
{
    public CallSlice With(bool failed) => this with { Calls = Calls + 1, Failures = Failures + (failed ? 1 : 0) };
}

/// <summary>One call that the breaker counted.</summary>
internal readonly record struct Call(DateTimeOffset At, bool Failed);
