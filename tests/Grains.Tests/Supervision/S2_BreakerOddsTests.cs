using System.Numerics;
using static Rosud.Supervision.SupervisionExamples;

namespace Rosud.Supervision;

/// <summary>The odds that SEMANTICS S2 names, by exact binomials; and what they come to in an hour, by simulation of the breaker itself.</summary>
public sealed class S2_BreakerOddsTests
{
    [Theory]   // The share of full windows with failures of 0.30 or more, to the digits that the rule gives.
    [InlineData(30, 8, 0.041, 3)]
    [InlineData(30, 50, 99.2, 1)]
    [InlineData(40, 8, 0.005, 3)]
    [InlineData(40, 50, 99.7, 1)]
    public void S2_The_odds_of_a_full_window_are_those_of_the_rule(int calls, int failurePercent, double expectedPercent, int digits) =>
        Assert.Equal(expectedPercent, Math.Round(100 * Tail(calls, FailuresThatTrip(calls), failurePercent), digits));

    [Theory]
    [InlineData(30)]
    [InlineData(40)]
    public void S2_The_breaker_trips_at_exactly_that_many_failures(int calls)
    {
        Assert.False(Trips(calls, FailuresThatTrip(calls) - 1));
        Assert.True(Trips(calls, FailuresThatTrip(calls)));
    }

    [Fact]   // `tests/Benchmarks -- supervision` prints the same over more hours. The window slides with every call, so an hour has many chances.
    public void S2_At_one_call_a_second_a_healthy_agent_trips_in_a_quarter_of_hours_and_in_most_with_a_minimum_of_20()
    {
        var thirty = BreakerHours.Trips(new(), failureShare: 0.08, hours: 60, seed: 1);
        var twenty = BreakerHours.Trips(new() { CallsMin = 20, Window = Seconds(20), LastCalls = 1_000 }, failureShare: 0.08, hours: 60, seed: 1);
        var seldom = BreakerHours.Trips(new() { CallsMin = 10_000 }, failureShare: 0.08, hours: 60, seed: 1);   // Only the last 40 calls, and five in a row.

        Assert.InRange(thirty.ShareOfHours, 0.10, 0.40);
        Assert.InRange(twenty.ShareOfHours, 0.60, 1.00);
        Assert.InRange(seldom.ShareOfHours, 0.0, 0.15);
    }

    [Fact]
    public void S2_The_simulated_hours_are_the_same_for_the_same_seed() =>
        Assert.Equal(BreakerHours.Trips(new(), 0.08, 20, 7), BreakerHours.Trips(new(), 0.08, 20, 7));

    private static bool Trips(int calls, int failures)
    {
        // The first calls fail, with a success after every fourth, so that they are never five in a row; the last call is a success and may trip it too.
        var options = calls == 30 ? new BreakerOptions() : new BreakerOptions { CallsMin = 1_000 };
        var (breaker, left) = (Breaker.Fresh, failures);
        for (var call = 0; call < calls && breaker.State is BreakerStateKind.Closed; call++)
        {
            var failed = left > 0 && call % 5 != 4;
            if (failed) left--;
            breaker = breaker.Record(Attempt(call), failed ? CallOutcome.Failed : CallOutcome.Succeeded, 0.3, At(call / 10.0), options, 0.5);
        }

        return breaker.State is BreakerStateKind.Open;
    }

    private static int FailuresThatTrip(int calls) => (int)Math.Ceiling(0.3 * calls - 1e-9);

    // P(X >= atLeast) of a binomial, in whole numbers until the last division.
    private static double Tail(int calls, int atLeast, int percent)
    {
        var sum = BigInteger.Zero;
        for (var failures = atLeast; failures <= calls; failures++)
        {
            sum += Choose(calls, failures) * BigInteger.Pow(percent, failures) * BigInteger.Pow(100 - percent, calls - failures);
        }

        return (double)(sum * 1_000_000_000_000 / BigInteger.Pow(100, calls)) / 1e12;
    }

    private static BigInteger Choose(int n, int k)
    {
        var result = BigInteger.One;
        for (var i = 1; i <= k; i++) result = result * (n - k + i) / i;
        return result;
    }
}
