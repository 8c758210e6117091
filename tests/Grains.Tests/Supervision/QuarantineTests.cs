using CsCheck;
using Rosud.Context;
using static Rosud.Supervision.SupervisionExamples;

namespace Rosud.Supervision;

public sealed class QuarantineTests
{
    [Fact]
    public void R12_A_step_is_refused_for_ten_minutes_on_the_same_view_whatever_its_run()
    {
        var poison = Admission(Attempt(run: 1));
        var quarantine = Quarantine.None.With("search", Quarantine.WorkOf(poison), Start);

        Assert.Equal(TimeSpan.FromMinutes(10), quarantine.Refuses(Admission(Attempt(run: 2)), Start));
        Assert.Null(quarantine.Refuses(Admission(Attempt(run: 2)), At(600)));
        Assert.Null(quarantine.Refuses(Admission(Attempt(run: 2, step: "write")), Start));
        Assert.Null(quarantine.Refuses(poison with { Goal = "Something else." }, Start));
        Assert.Null(quarantine.Refuses(poison with { Input = JsonValue.Parse("1") }, Start));
        Assert.Null(quarantine.Refuses(poison with { Context = new(new(4), [new ContextEntry { Key = new("plan"), Value = JsonValue.Parse("2"), Version = new(4), Created = new(4), Origin = new("planner"), CommittedAt = Start }]) }, Start));
    }

    [Fact]
    public void R12_It_comes_back_with_the_supervisor_and_never_for_longer_than_it_could_be_kept_now()
    {
        var quarantine = Quarantine.None.With("search", Quarantine.WorkOf(Admission(Attempt())), At(9_999)).With("old", "x", At(9_999));

        var back = Quarantine.Restore(quarantine.Steps, Start);

        Assert.Equal(TimeSpan.FromMinutes(10), back.Refuses(Admission(Attempt()), Start));
        Assert.True(Quarantine.Restore(quarantine.Steps, At(20_000)).IsEmpty);
    }

    [Fact]   // The model is the slow, obvious version: everything that was ever put in, with when.
    public void R12_It_agrees_with_a_list_of_everything_and_is_bounded() =>
        Gen.Select(Gen.Int[0, 400], Gen.Int[0, 120]).Array[0, 600].Sample(moves =>
        {
            var (quarantine, model, now) = (Quarantine.None, new List<(string Work, DateTimeOffset Until)>(), Start);
            foreach (var (work, seconds) in moves)
            {
                now += Seconds(seconds / 10.0);
                quarantine = quarantine.With("s", $"{work}", now);
                model.RemoveAll(step => step.Work == $"{work}" || step.Until <= now);
                model.Add(($"{work}", now + TimeSpan.FromMinutes(10)));
                Assert.Equal(model.TakeLast(Quarantine.StepsMax), quarantine.Steps.Select(step => (step.Work, step.Until)));
            }
        }, iter: 100);

    [Fact]
    public void R12_Three_attempts_that_failed_make_a_step_poison_and_other_steps_do_not_count()
    {
        var ledger = Ledger();
        (ledger, var first) = ledger.Failed(Attempt(), Start);
        (ledger, var other) = ledger.Failed(Attempt(step: "write"), Start);
        (ledger, var second) = ledger.Failed(Attempt(attempt: 2), Start);
        (ledger, var third) = ledger.Failed(Attempt(attempt: 3), Start);
        (_, var fourth) = ledger.Failed(Attempt(attempt: 4), Start);

        Assert.Equal([false, false, false, true, false], new[] { first, other, second, third, fourth });
    }
}
