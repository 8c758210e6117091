using Rosud.Networks;
using Rosud.Tenants;
using static Rosud.Supervision.SupervisionExamples;

namespace Rosud.Supervision;

/// <summary>What belongs to the agent, and what to the agent in one network. SEMANTICS S1.</summary>
public sealed class S1_WhoseStateItIsTests
{
    private static readonly BreakerOptions Options = new();

    [Fact]
    public void S1_Each_network_has_a_breaker_of_its_own()
    {
        var breakers = Failed("strict", 5, threshold: 0.3);

        Assert.Equal(ProblemKind.CircuitOpen, Admit(breakers, "strict")!.Kind);
        Assert.Null(Admit(breakers, "other"));
        Assert.Equal(BreakerStateKind.Open, breakers.ViewOf("strict", At(5), Options).State);
        Assert.Equal(BreakerStateKind.Closed, breakers.ViewOf("other", At(5), Options).State);
    }

    [Theory]   // 12 of 40 calls fail, never five in a row.
    [InlineData(0.3, false)]
    [InlineData(0.31, true)]
    public void S1_Each_network_has_its_own_threshold(double threshold, bool isClosed)
    {
        var breakers = new Breakers();
        for (var call = 0; call < 40; call++)
        {
            breakers = breakers.Record(Attempt(call), "n", call % 10 >= 7 ? CallOutcome.Failed : CallOutcome.Succeeded, threshold, At(call / 10.0), Options, 0.5);
        }

        Assert.Equal(isClosed, breakers["n"].State is BreakerStateKind.Closed);
    }

    [Fact]
    public void S1_What_an_operator_forced_open_is_open_in_every_network_until_it_is_reset()
    {
        var forced = Failed("strict", 5, threshold: 0.3).Force();

        Assert.Equal(ProblemKind.CircuitOpen, Admit(forced, "strict", seconds: 100)!.Kind);
        Assert.Null(Admit(forced, "other", seconds: 100)!.RetryAfter);
        Assert.Equal(BreakerStateKind.ForcedOpen, forced.ViewOf("never seen", At(100), Options).State);
        Assert.True(Breakers.Restore(forced.Save(), At(100), Options).ForcedOpen);
    }

    [Fact]
    public void S1_A_network_that_only_counts_is_never_refused_beside_one_that_is()
    {
        var breakers = Failed("strict", 5, threshold: 0.3);
        var counting = Admission(Attempt(9)) with { Network = "loose", Isolation = IsolationKind.None };
        (breakers, var refusal) = breakers.Admit(counting, _ => true, At(5), Options, 0.5);
        for (var run = 10; run < 30; run++) breakers = breakers.Record(Attempt(run), "loose", CallOutcome.Failed, 0.3, At(5), Options, 0.5);

        Assert.Null(refusal);
        Assert.Null(breakers.Admit(counting, _ => true, At(6), Options, 0.5).Refusal);
        Assert.Equal((BreakerStateKind.MetricsOnly, 20), (breakers["loose"].State, breakers["loose"].View(At(6), Options).Calls));
        Assert.NotNull(Admit(breakers, "strict"));
    }

    [Fact]   // The network is not part of what a piece of work is.
    public void S1_Quarantine_holds_in_every_network()
    {
        var poison = Admission(Attempt());
        var quarantine = Quarantine.None.With("search", Quarantine.WorkOf(poison), Start);

        Assert.NotNull(quarantine.Refuses(poison with { Network = "other", Assignment = Attempt(run: 2) }, At(1)));
    }

    [Fact]
    public void S1_Permits_and_queue_are_shared_by_all_networks()
    {
        var ledger = Ledger(maxConcurrency: 1, queueLimit: 1);
        for (var run = 1; run <= 2; run++) (ledger, _) = ledger.Admit(Admission(Attempt(run)) with { Network = $"n{run}" }, Start);

        Assert.IsType<AdmitAnswer.Refused>(ledger.Admit(Admission(Attempt(3)) with { Network = "n3" }, Start).Answer);
    }

    private static Breakers Failed(string network, int times, double threshold)
    {
        var breakers = new Breakers();
        for (var run = 0; run < times; run++) breakers = breakers.Record(Attempt(run), network, CallOutcome.Failed, threshold, At(run), Options, 0.5);
        return breakers;
    }

    private static Problem? Admit(Breakers breakers, string network, double seconds = 5) =>
        breakers.Admit(Admission(Attempt(run: 99)) with { Network = network }, _ => true, At(seconds), Options, 0.5).Refusal;
}
