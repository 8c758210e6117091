using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Polly;
using Polly.CircuitBreaker;
using static Rosud.Supervision.SupervisionExamples;

namespace Rosud.Supervision;

/// <summary>
/// Against the library that .NET apps use, on what the two really have in common: windows that are full and do not slide, judged at a failure, one probe,
/// a constant time of being open. What it lacks (a count window, failures in a row, neutral outcomes, several probes, growth, saving) has no counterpart to compare with.
/// </summary>
public sealed class BreakerAgainstPollyTests
{
    private static readonly TimeSpan OpenFor = Seconds(5);
    private static readonly TimeSpan Window = Seconds(30);

    [Fact]
    public void It_opens_and_closes_when_Pollys_does() =>
        Gen.Select(Gen.Double[0.1, 0.9], Gen.Int[5, 40], Gen.Select(Gen.Int[0, 100], Gen.Int[0, 1_000_000], Gen.Bool).Array[1, 12]).Sample((threshold, calls, rounds) =>
        {
            var both = new Both(threshold, calls);
            foreach (var (failurePercent, seed, probeFails) in rounds)
            {
                var dice = new Random(seed);
                for (var call = 1; call < calls && both.IsClosed; call++) both.Call(failed: dice.Next(100) < failurePercent);
                both.Call(failed: true);   // Polly judges at failures only; the last of a full window is one.
                both.AreEqual();
                both.Pass(both.IsClosed ? Window * 2 : OpenFor);
                if (both.IsClosed) continue;
                both.Call(probeFails);
                both.AreEqual();
                if (both.IsClosed) continue;
                both.Pass(OpenFor);
                both.Call(failed: false);
                both.AreEqual();
            }
        }, iter: 2_000);

    [Fact]   // As a product, 0.56 × 25 rounds to more than 14.
    public void It_opens_at_exactly_its_threshold()
    {
        var both = new Both(0.56, 25);
        for (var call = 0; call < 25; call++) both.Call(failed: call >= 11);

        both.AreEqual();
        Assert.False(both.IsClosed);
    }

    private sealed class Both
    {
        private readonly FakeTimeProvider _time = new(Start);
        private readonly CircuitBreakerStateProvider _state = new();
        private readonly ResiliencePipeline _polly;
        private readonly BreakerOptions _options;
        private readonly double _threshold;
        private Breaker _breaker = Breaker.Fresh;
        private int _run;

        public Both(double threshold, int calls)
        {
            _threshold = threshold;
            _options = new() { CallsMin = calls, Window = Window, LastCalls = 1_000, FailuresInARow = 1_000, Probes = 1, OpenFor = OpenFor, OpenForMax = OpenFor };
            _polly = new ResiliencePipelineBuilder { TimeProvider = _time }.AddCircuitBreaker(new()
            {
                FailureRatio = threshold,
                MinimumThroughput = calls,
                SamplingDuration = Window,
                BreakDuration = OpenFor,
                StateProvider = _state,
            }).Build();
        }

        public bool IsClosed => _breaker.State is BreakerStateKind.Closed;

        public void Pass(TimeSpan time) => _time.Advance(time);

        public void Call(bool failed)
        {
            var attempt = Attempt(++_run);
            (_breaker, var refused) = _breaker.Admit(attempt, _ => true, _time.GetUtcNow(), _options, 0.5);
            if (refused is null) _breaker = _breaker.Record(attempt, failed ? CallOutcome.Failed : CallOutcome.Succeeded, _threshold, _time.GetUtcNow(), _options, 0.5);
            var isRefusedByPolly = false;
            try
            {
                _polly.Execute(() =>
                {
                    if (failed) throw new InvalidOperationException("The agent failed.");
                });
            }
            catch (BrokenCircuitException)
            {
                isRefusedByPolly = true;
            }
            catch (InvalidOperationException)
            {
                // The agent's own failure.
            }

            Assert.Equal(isRefusedByPolly, refused is not null);
        }

        public void AreEqual() => Assert.Equal(_state.CircuitState is CircuitState.Closed, IsClosed);
    }
}
