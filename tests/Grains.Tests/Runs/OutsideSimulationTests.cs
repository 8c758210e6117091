namespace Rosud.Runs;

/// <summary>Runs whose workers take in what changes, do things outside and start other runs, over every kind of fault, and with each actor killed at each moment.</summary>
/// <remarks>(j) nothing is done outside of which the ledger knows nothing; (k) what is accepted rests on what its worker had seen; (o) and nothing else is stale; (m) one run for a child, known to its parent and over with it; (n) what it used counts once.</remarks>
public sealed class OutsideSimulationTests
{
    [Fact]
    public void R9_R13_no_schedule_of_rebase_effects_and_children_breaks_an_invariant_and_every_run_ends()
    {
        var (taken, effects, children) = (0, 0, 0);
        for (var seed = 0; seed < 1_000; seed++)
        {
            try
            {
                var played = Schedule(seed, Mutant.None).Play();
                taken += played.TakenIn;
                effects += played.Done.Count;
                children += played.Children.Count;
                Assert.All(played.Done, step => Assert.Single(step.Value.Distinct()));
            }
            catch (BrokenInvariantException broken)
            {
                Assert.Fail($"Seed {seed}: {broken.Message}");
            }
        }

        Assert.True(taken > 100 && effects > 200 && children > 200, $"{taken} taken in, {effects} effects, {children} children");
    }

    [Theory]
    [InlineData(nameof(Actor.Run))]
    [InlineData(nameof(Actor.Supervisor))]
    [InlineData(nameof(Actor.Channel))]
    public void A_small_run_with_rebase_effects_and_children_ends_wherever_one_actor_is_killed(string victim) =>
        PlayedRuns.AssertEndsWhereverKilled(5, victim, seed => new(RandomRun(new(seed)), seed, faults: 0, writes: 2));

    [Fact]
    public void A_run_whose_key_is_rewritten_all_the_time_gets_through_with_its_last_try()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var played = Rewritten(seed, Mutant.None).Play();
            Assert.True(played.Log.End!.Status == RunStatus.Completed, $"Seed {seed}: {played.Log.End.Status} {played.Log.End.Detail}");
        }
    }

    [Fact]
    public void Without_write_intents_it_does_not() =>
        Assert.Contains(Enumerable.Range(0, 500), seed => Rewritten(seed, Mutant.NoWriteIntents).Play().Log.End!.Status == RunStatus.StaleExhausted);

    [Theory]
    [InlineData(nameof(Mutant.ClaimNotDurable), "(j)")]
    [InlineData(nameof(Mutant.OfferedIsTakenIn), "(k)")]
    [InlineData(nameof(Mutant.HandedForgotten), "(o)")]
    [InlineData(nameof(Mutant.ChildTwice), "(m) a child was started twice")]
    [InlineData(nameof(Mutant.LaterChildReplaces), "(m) a run is not known")]
    [InlineData(nameof(Mutant.ForgetChildren), "(m) a run is not known")]
    public void Leaving_a_rule_out_is_noticed(string rule, string invariant) =>
        PlayedRuns.AssertNoticed(10_000, rule, invariant, Schedule);

    private static RunSimulation Schedule(int seed, Mutant mutant)
    {
        var random = new Random(seed);
        var run = RandomRun(random);
        return new(run, seed, random.Next(9), mutant, writes: random.Next(6));
    }

    private static RunSimulation Rewritten(int seed, Mutant mutant)
    {
        var request = RunExamples.Request(RunExamples.Step("s0", ["x"], ["k0"])) with { Timeout = TimeSpan.FromHours(10) };
        return new(RunExamples.Accept(request, key => key.Value == "x", retryBudget: 1 + (seed % 3)), seed, faults: 0, mutant, writes: 1_000) { Changing = true };
    }

    private static AcceptedRun RandomRun(Random random)
    {
        var steps = new TaskStep[random.Next(1, 4)];
        for (var i = 0; i < steps.Length; i++)
        {
            string[] reads = [.. Enumerable.Range(0, i).Where(_ => random.Next(2) == 0).Select(j => $"k{j}"), "x"];
            steps[i] = RunExamples.Step($"s{i}", reads, [$"k{i}"]) with
            {
                Agent = $"a{random.Next(2)}",
                Goal = $"do {(random.Next(3) == 0 ? "effect" : "")} {(random.Next(2) == 0 ? "child" : "")}.",
            };
        }

        var request = RunExamples.Request(steps) with { Timeout = TimeSpan.FromHours(10), OnStaleContext = random.Next(4) > 0 ? OnStaleContext.Rebase : OnStaleContext.RetryWithFresh };
        var run = RunExamples.Accept(request, key => key.Value == "x", retryBudget: 20);
        return run with { Steps = [.. run.Steps.Select(step => step with { Rebase = true })] };
    }
}
