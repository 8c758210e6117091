using CsCheck;
using static Rosud.Supervision.SupervisionExamples;

namespace Rosud.Supervision;

public sealed class BreakerTests
{
    private const double Threshold = 0.3;
    private static readonly BreakerOptions Options = new();

    [Fact]
    public void S2_Five_failures_in_a_row_open_it()
    {
        var breaker = Fail(Breaker.Fresh, 4);
        Assert.Equal(BreakerStateKind.Closed, breaker.State);

        breaker = Record(breaker, 5, failed: true, At(4));

        Assert.Equal(BreakerStateKind.Open, breaker.State);
        Assert.Equal(At(4 + 5), breaker.RetryAt);
    }

    [Fact]
    public void S2_Retries_of_one_broken_step_count_once()
    {
        var breaker = Breaker.Fresh;
        for (var attempt = 1; attempt <= 20; attempt++)
        {
            breaker = breaker.Record(Attempt(run: 1, attempt: attempt), CallOutcome.Failed, Threshold, At(attempt), Options, 0.5);
        }

        Assert.Equal(BreakerStateKind.Closed, breaker.State);
        Assert.Equal(1, breaker.Window.FailuresInARow);
    }

    [Fact]
    public void S5_Open_refuses_until_its_time_and_then_lets_three_probes_through()
    {
        var breaker = Fail(Breaker.Fresh, 5);
        (breaker, var early) = Admit(breaker, 10, At(5));
        Assert.Equal(Seconds(4), early);

        for (var probe = 11; probe <= 13; probe++)
        {
            (breaker, var refused) = Admit(breaker, probe, At(9));
            Assert.Null(refused);
        }

        Assert.NotNull(Admit(breaker, 14, At(9)).RetryAfter);
        Assert.Equal(BreakerStateKind.HalfOpen, breaker.State);
    }

    [Fact]
    public void S5_Three_good_probes_close_it_and_one_bad_one_opens_it_for_twice_as_long()
    {
        var half = HalfOpen();

        var closed = half;
        for (var probe = 11; probe <= 13; probe++) closed = Record(closed, probe, failed: false, At(10));
        var open = Record(half, 12, failed: true, At(10));

        Assert.Equal(BreakerStateKind.Closed, closed.State);
        Assert.Equal(0, closed.Openings);
        Assert.Equal(BreakerStateKind.Open, open.State);
        Assert.Equal(At(10 + 10), open.RetryAt);
    }

    [Fact]
    public void S5_A_cancelled_probe_is_neutral_and_makes_room_for_another()
    {
        var told = Record(HalfOpen(), 12, failed: null, At(10));
        Assert.Equal(BreakerStateKind.HalfOpen, told.State);
        Assert.Null(Admit(told, 20, At(10)).RetryAfter);

        // A probe may also just go away: nobody reports the outcome of an attempt whose run was cancelled.
        var gone = HalfOpen().Admit(Attempt(run: 20), attempt => attempt.Run != Run(12), At(10), Options, 0.5);
        Assert.Null(gone.RetryAfter);
    }

    [Fact]   // The step that opened it comes back as a probe and fails again: that says nothing new, and makes no room for a fourth call.
    public void S5_Probes_of_the_step_that_failed_last_use_up_their_places_and_a_failure_of_another_decides()
    {
        var half = Fail(Breaker.Fresh, 5);
        for (var probe = 4; probe <= 6; probe++) (half, _) = Admit(half, probe, At(9));

        var left = Record(half, 4, failed: true, At(10));
        Assert.Equal(BreakerStateKind.HalfOpen, left.State);
        Assert.NotNull(Admit(left, 20, At(10)).RetryAfter);

        var open = Record(left, 5, failed: true, At(10));
        Assert.Equal((BreakerStateKind.Open, BreakerReason.ProbeFailed, At(10 + 10)), (open.State, open.Reason, open.RetryAt));
    }

    [Fact]   // Two good answers are not three: it opens for as long as before, and the third closes it then.
    public void S5_What_has_succeeded_counts_on_when_a_repeated_failure_used_up_the_last_place()
    {
        var half = Fail(Breaker.Fresh, 5);
        for (var probe = 4; probe <= 6; probe++) (half, _) = Admit(half, probe, At(9));
        var undecided = Record(Record(Record(half, 4, failed: true, At(10)), 5, failed: false, At(10)), 6, failed: false, At(10));
        Assert.Equal((BreakerStateKind.Open, At(10 + 5), 1), (undecided.State, undecided.RetryAt, undecided.Openings));

        (var next, var refused) = Admit(undecided, 7, At(15));
        Assert.Null(refused);
        Assert.NotNull(Admit(next, 8, At(15)).RetryAfter);
        Assert.Equal(BreakerStateKind.Closed, Record(next, 7, failed: false, At(16)).State);
        var worse = Record(next, 7, failed: true, At(16));
        Assert.Equal((BreakerStateKind.Open, At(16 + 10)), (worse.State, worse.RetryAt));
    }

    [Fact]
    public void S5_It_opens_again_when_all_its_probes_were_of_the_step_that_failed_last()
    {
        var half = Fail(Breaker.Fresh, 5);
        for (var attempt = 2; attempt <= 4; attempt++)
        {
            (half, var refused) = half.Admit(Attempt(run: 4, attempt: attempt), _ => true, At(9), Options, 0.5);
            Assert.Null(refused);
            half = half.Record(Attempt(run: 4, attempt: attempt), CallOutcome.Failed, Threshold, At(9), Options, 0.5);
        }

        Assert.Equal((BreakerStateKind.Open, At(9 + 10)), (half.State, half.RetryAt));
    }

    [Fact]   // Whatever comes of the calls: between two openings no more than three are let through, beside those that left without an outcome.
    public void S5_No_open_period_has_more_than_three_probes_that_say_something() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 2]).Array[1, 100].Sample(moves =>
        {
            var (breaker, now, told) = (Fail(Breaker.Fresh, 5), At(4), 0);
            foreach (var (run, outcome) in moves)
            {
                now += Seconds(1);
                var before = breaker;
                (breaker, var refused) = breaker.Admit(Attempt(run: run), _ => true, now, Options, 0.5);
                if (before.State is BreakerStateKind.Open && breaker.State is BreakerStateKind.HalfOpen) told = 0;
                if (breaker.State is BreakerStateKind.Closed) return;
                if (refused is not null) continue;
                told += outcome == 0 ? 0 : 1;
                Assert.True(told <= 3);
                breaker = Record(breaker, run, failed: outcome switch { 0 => null, 1 => true, _ => false }, now);
            }
        }, iter: 2_000);

    [Fact]
    public void S5_A_probe_that_works_for_too_long_has_failed()
    {
        var (breaker, refused) = Admit(HalfOpen().Started(Attempt(run: 11), At(9)), 20, At(39));

        Assert.Equal(BreakerStateKind.Open, breaker.State);
        Assert.Equal(Seconds(10), refused);
    }

    [Fact]
    public void S5_A_probe_that_nobody_took_for_as_long_makes_room_for_another()
    {
        var half = HalfOpen();   // Admitted at 9 s, never handed out.

        Assert.NotNull(Admit(half, 20, At(38)).RetryAfter);
        Assert.Null(Admit(half, 20, At(39)).RetryAfter);
    }

    [Fact]
    public void S2_Calls_that_take_most_of_their_limit_open_it_once_there_are_enough_of_them()
    {
        var breaker = Breaker.Fresh;
        for (var run = 0; run < 29; run++) breaker = breaker.Record(Attempt(run), run < 5 ? CallOutcome.Succeeded : CallOutcome.Slow, Threshold, At(run / 10.0), Options, 0.5);
        Assert.Equal(BreakerStateKind.Closed, breaker.State);

        breaker = breaker.Record(Attempt(30), CallOutcome.Slow, Threshold, At(3), Options, 0.5);   // 25 of 30.

        Assert.Equal((BreakerStateKind.Open, BreakerReason.SlowCalls), (breaker.State, breaker.Reason));
    }

    [Fact]
    public void S5_A_slow_probe_opens_it_again()
    {
        var breaker = HalfOpen().Record(Attempt(11), CallOutcome.Slow, Threshold, At(10), Options, 0.5);

        Assert.Equal((BreakerStateKind.Open, BreakerReason.ProbeFailed), (breaker.State, breaker.Reason));
    }

    [Fact]
    public void S2_Every_transition_says_why()
    {
        Assert.Equal(BreakerReason.FailuresInARow, Fail(Breaker.Fresh, 5).Reason);
        Assert.Equal(BreakerReason.ProbeDue, HalfOpen().Reason);
        Assert.Equal(BreakerReason.Policy, Breaker.Fresh.OnlyCounting(true).Reason);
        Assert.Equal(BreakerReason.Restored, Breaker.Restore(HalfOpen().Save(), At(12), Options).Reason);
        var mixed = Breaker.Fresh;
        for (var run = 0; run < 30; run++) mixed = Record(mixed, run, failed: run % 3 == 0, At(run / 10.0));
        Assert.Equal(BreakerReason.FailureRate, mixed.Reason);
        var seldom = Breaker.Fresh;
        for (var run = 0; run < 40; run++) seldom = Record(seldom, run, failed: run % 3 == 0, At(run * 10));
        Assert.Equal(BreakerReason.LastCalls, seldom.Reason);
    }

    [Fact]
    public void S2_It_stays_open_for_a_minute_at_most()
    {
        var breaker = Fail(Breaker.Fresh, 5);
        var now = At(4);
        for (var opening = 0; opening < 10; opening++)
        {
            now = breaker.RetryAt!.Value;
            (breaker, _) = Admit(breaker, 100 + opening, now);
            breaker = Record(breaker, 100 + opening, failed: true, now, jitter: 1);
        }

        Assert.Equal(Seconds(60), breaker.RetryAt - now);
    }

    [Fact]
    public void S1_Metrics_only_counts_and_never_refuses()
    {
        var breaker = Fail(Breaker.Fresh.OnlyCounting(true), 50);

        Assert.Equal(BreakerStateKind.MetricsOnly, breaker.State);
        Assert.Null(Admit(breaker, 60, At(60)).RetryAfter);
        Assert.True(breaker.View(At(49), Options).Calls > 0);
    }

    [Fact]
    public void S4_An_open_breaker_comes_back_open_and_a_half_open_one_with_a_probe_due()
    {
        var open = Breaker.Restore(Fail(Breaker.Fresh, 5).Save(), At(5), Options);
        var half = Breaker.Restore(HalfOpen().Save(), At(12), Options);
        var fromTheFuture = Breaker.Restore(new(BreakerStateKind.Open, At(9_999), 1), At(0), Options);

        Assert.Equal((BreakerStateKind.Open, At(9)), (open.State, open.RetryAt));
        Assert.Null(Admit(half, 30, At(12)).RetryAfter);
        Assert.Equal(At(60), fromTheFuture.RetryAt);
    }

    [Fact]   // The model is the slow, obvious version: the list of all calls, counted anew each time.
    public void S2_It_opens_exactly_when_the_list_of_all_calls_says_so() =>
        Gen.Select(Gen.Double[0.2, 0.5], Gen.Select(Gen.Int[0, 8], Gen.Int[0, 9], Gen.Int[0, 40]).Array[0, 200]).Sample((threshold, calls) =>
        {
            var (breaker, model, now) = (Breaker.Fresh, new List<(DateTimeOffset At, bool Failed)>(), Start);
            var lastFailed = -1;
            foreach (var (gapSeconds, dice, step) in calls)
            {
                now += Seconds(gapSeconds == 8 ? 25 : gapSeconds / 4.0);
                var failed = dice < 2;
                breaker = breaker.Record(Attempt(run: step), failed ? CallOutcome.Failed : CallOutcome.Succeeded, threshold, now, Options, 0.5);
                var counts = !failed || step != lastFailed;
                if (counts) model.Add((now, failed));
                if (failed) lastFailed = step;
                var trips = counts && Trips(model, threshold, now);   // Only a call that counts can open it, not time alone.
                Assert.Equal(trips, breaker.State is BreakerStateKind.Open);
                if (trips) return;
            }
        }, iter: 2_000);

    private static bool Trips(List<(DateTimeOffset At, bool Failed)> calls, double threshold, DateTimeOffset now)
    {
        var second = now.ToUnixTimeSeconds();
        var recent = calls.Where(call => call.At.ToUnixTimeSeconds() > second - 30).ToList();
        var last = calls.TakeLast(40).ToList();
        return calls.Count >= 5 && calls.TakeLast(5).All(call => call.Failed)
            || recent.Count >= 30 && recent.Count(call => call.Failed) >= threshold * recent.Count
            || last.Count == 40 && now - last[0].At <= TimeSpan.FromMinutes(10) && last.Count(call => call.Failed) >= threshold * 40;
    }

    private static Breaker Fail(Breaker breaker, int times)
    {
        for (var run = 0; run < times; run++) breaker = Record(breaker, run, failed: true, At(run));
        return breaker;
    }

    private static Breaker HalfOpen()
    {
        var breaker = Fail(Breaker.Fresh, 5);
        for (var probe = 11; probe <= 13; probe++) (breaker, _) = Admit(breaker, probe, At(9));
        return breaker;
    }

    private static Breaker Record(Breaker breaker, int run, bool? failed, DateTimeOffset now, double jitter = 0.5) =>
        breaker.Record(Attempt(run: run), failed switch { true => CallOutcome.Failed, false => CallOutcome.Succeeded, null => CallOutcome.Neutral }, Threshold, now, Options, jitter);

    private static (Breaker Next, TimeSpan? RetryAfter) Admit(Breaker breaker, int run, DateTimeOffset now) =>
        breaker.Admit(Attempt(run: run), _ => true, now, Options, 0.5);
}
