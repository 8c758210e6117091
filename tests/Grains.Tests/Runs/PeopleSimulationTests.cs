namespace Rosud.Runs;

/// <summary>Runs with effects, questions and verifiers over every kind of fault: (h) an answer counts once and for what was shown, (i) nothing is committed before its verifier accepted, (j) no effect after its receipt.</summary>
public sealed class PeopleSimulationTests
{
    [Fact]
    public void R9_R13_R15_no_schedule_breaks_an_invariant_and_every_run_ends()
    {
        var (effects, counted, escalated) = (0, 0, 0);
        for (var seed = 0; seed < 800; seed++)
        {
            try
            {
                var played = Schedule(seed, Mutant.None).Play();
                effects += played.Done.Count;
                counted += played.Counted;
                escalated += played.Log.Questions.Count(question => question.Kind == QuestionKind.Stale);
                Assert.All(played.Done, step => Assert.Single(step.Value.Distinct()));   // Whoever honours the key does it once.
                var result = RunNumbers.Of(played.Drive!, RunExamples.Start.AddDays(1));
                Assert.Equal(result.WallMs, result.CriticalPath.Sum(part => part.Ms), 1.0);
            }
            catch (BrokenInvariantException broken)
            {
                Assert.Fail($"Seed {seed}: {broken.Message}");
            }
        }

        Assert.True(effects > 200 && counted > 200 && escalated > 20, $"{effects} effects, {counted} answers, {escalated} escalations");
    }

    [Theory]
    [InlineData(nameof(Mutant.ForgetReceipts), "(j)")]
    [InlineData(nameof(Mutant.AnswerTwice), "(h)")]
    [InlineData(nameof(Mutant.NoPins), "(h)")]
    public void Leaving_a_rule_out_is_noticed(string rule, string invariant) =>
        PlayedRuns.AssertNoticed(10_000, rule, invariant, Schedule);

    private static RunSimulation Schedule(int seed, Mutant mutant)
    {
        var random = new Random(seed);
        var run = RandomRun(random);
        return new(run, seed, random.Next(9), mutant, writes: random.Next(3));
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
                Goal = $"{(random.Next(2) == 0 ? "ask" : "do")} {(random.Next(2) == 0 ? "effect" : "")}.",
                Acceptance = random.Next(3) == 0 ? [new() { Verifier = "v" }] : [],
            };
        }

        var request = RunExamples.Request(steps) with
        {
            Timeout = TimeSpan.FromHours(10),
            OnStaleContext = random.Next(3) == 0 ? OnStaleContext.Escalate : OnStaleContext.RetryWithFresh,
        };
        return RunExamples.Accept(request, key => key.Value == "x", retryBudget: 3 + random.Next(4));
    }
}
