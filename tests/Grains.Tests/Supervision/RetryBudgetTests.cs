using CsCheck;
using static Rosud.Supervision.SupervisionExamples;

namespace Rosud.Supervision;

public sealed class RetryBudgetTests
{
    [Fact]
    public void R12_It_starts_full_gains_a_fifth_for_each_first_attempt_and_one_a_second()
    {
        var budget = RetryBudget.Full(Start);
        for (var retry = 0; retry < 10; retry++) (budget, _) = budget.TrySpend(Start);
        Assert.False(budget.TrySpend(Start).Spent);

        Assert.True(budget.FirstAttempts(5, Start).TrySpend(Start).Spent);
        Assert.True(budget.TrySpend(At(1)).Spent);
        Assert.Equal(10, budget.FirstAttempts(1_000, Start).Left(At(99)));
    }

    [Fact]   // Over any time: retries <= 10 + 0.2 x first attempts + 1 a second. The model adds that up anew each time.
    public void R12_Retries_never_pass_what_first_attempts_and_time_have_earned() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 3_000]).Array[0, 300].Sample(moves =>
        {
            var (budget, now, firsts, spent) = (RetryBudget.Full(Start), Start, 0, 0);
            var tokens = 10.0;
            foreach (var (isFirst, milliseconds) in moves)
            {
                now += TimeSpan.FromMilliseconds(milliseconds);
                tokens = Math.Min(10, tokens + (milliseconds / 1000.0));
                if (isFirst)
                {
                    firsts++;
                    tokens = Math.Min(10, tokens + 0.2);
                    budget = budget.FirstAttempts(1, now);
                    continue;
                }

                (budget, var may) = budget.TrySpend(now);
                if (Math.Abs(tokens - 1) > 1e-6) Assert.Equal(tokens >= 1, may);
                if (may) (tokens, spent) = (tokens - 1, spent + 1);
                Assert.True(spent <= 10 + (0.2 * firsts) + (now - Start).TotalSeconds + 1e-6);
            }
        }, iter: 1_000);

    [Fact]
    public void R12_A_clock_that_goes_back_earns_nothing_twice()
    {
        var budget = RetryBudget.Full(At(100));
        for (var retry = 0; retry < 10; retry++) (budget, _) = budget.TrySpend(At(100));
        (budget, var back) = budget.TrySpend(At(0));
        Assert.False(back);
        Assert.False(budget.TrySpend(At(100)).Spent);
    }
}
