using Rosud.Tenants;

namespace Rosud.Runs;

public sealed class LateResultsTests
{
    private static readonly AttemptView[] Attempts =
    [
        Attempt("s", "a", 1, AttemptOutcome.Lost),
        Attempt("s", "b", 2, AttemptOutcome.Canceled),
        Attempt("t", "a", 1, AttemptOutcome.Accepted),
    ];

    [Theory]
    [InlineData("s", "a", 1, true)]
    [InlineData("s", "b", 2, true)]
    [InlineData("s", "a", 2, true)]
    [InlineData("s", "a", 3, true)]    // Handed out by a driver that was lost: no attempt tells of it.
    [InlineData("s", "a", 4, false)]   // There never was a fourth.
    [InlineData("s", "a", 0, false)]
    [InlineData("s", "c", 1, false)]   // Never asked.
    [InlineData("t", "b", 1, false)]   // Asked for another step only.
    [InlineData("t", "a", 1, false)]   // Accepted: only the word of that was lost.
    [InlineData("u", "a", 1, false)]   // No step of the run.
    public void An_answer_is_late_for_an_attempt_that_can_have_been_and_did_not_count(string step, string agent, int attempt, bool expected)
    {
        var run = new RunId(TenantId.Default, "c.1");
        Assert.Equal(expected, LateResults.IsFor(Attempts, upTo: 3, new(new(TenantId.Default, agent), run, step, attempt)));
    }

    [Fact]
    public void Where_nothing_is_known_of_how_many_there_were_every_number_can_have_been() =>
        Assert.True(LateResults.IsFor(Attempts, upTo: null, new(new(TenantId.Default, "a"), new(TenantId.Default, "c.1"), "s", 9)));

    private static AttemptView Attempt(string step, string agent, int number, AttemptOutcome outcome) => new() { Step = step, Agent = agent, Attempt = number, Outcome = outcome };
}
