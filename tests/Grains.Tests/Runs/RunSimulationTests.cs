using Rosud.Context;

namespace Rosud.Runs;

public sealed class RunSimulationTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_schedule_breaks_an_invariant_and_every_run_ends(int part)
    {
        for (var seed = part * 1000; seed < (part + 1) * 1000; seed++)
        {
            try
            {
                Schedule(seed, Mutant.None).Play();
            }
            catch (BrokenInvariantException broken)
            {
                Assert.Fail($"Seed {seed}: {broken.Message}");
            }
        }
    }

    [Theory]
    [InlineData(nameof(Actor.Run))]
    [InlineData(nameof(Actor.Supervisor))]
    [InlineData(nameof(Actor.Channel))]
    public void A_small_run_ends_wherever_one_actor_is_killed(string victim) =>
        PlayedRuns.AssertEndsWhereverKilled(12, victim, seed => new(RandomRun(new(seed), guards: false), seed, faults: 0));

    [Theory]
    [InlineData(nameof(Mutant.CommitOnProvisional), "(a) a commit on a provisional key")]
    [InlineData(nameof(Mutant.ForgetUnfinished), "(b)")]
    [InlineData(nameof(Mutant.NoSupervisorEpoch), "(c)")]
    [InlineData(nameof(Mutant.NewestIncarnation), "(c)")]
    [InlineData(nameof(Mutant.NoAttemptFence), "(a) a fenced attempt published")]
    [InlineData(nameof(Mutant.NoDriverEpoch), "(c)")]
    [InlineData(nameof(Mutant.NoStaleCheck), "(a) a stale attempt was accepted")]
    [InlineData(nameof(Mutant.KeepEarlyKeys), "(a) an early key of an ended attempt stays")]
    [InlineData(nameof(Mutant.VolatileRetryCount), "(e)")]
    [InlineData(nameof(Mutant.NoEndRecord), "(g)")]
    [InlineData(nameof(Mutant.NoDeadlineCheck), "(a) a commit after the deadline")]
    [InlineData(nameof(Mutant.NoIncarnation), "(c)")]
    [InlineData(nameof(Mutant.NoAsk), "(b)")]
    [InlineData(nameof(Mutant.AgentApart), "(c)")]
    [InlineData(nameof(Mutant.PermitsCountedTwice), "(d)")]
    [InlineData(nameof(Mutant.AskBeforeContactIsLost), "(b) an attempt is given up as lost")]
    public void Leaving_a_rule_out_is_noticed(string rule, string invariant) =>
        PlayedRuns.AssertNoticed(20_000, rule, invariant, (seed, mutant) => seed % 2 == 0 ? Schedule(seed, mutant) : Rough(seed, mutant));

    [Fact]
    public void Without_faults_every_needed_step_runs_once_after_what_it_reads_and_nothing_else_runs()
    {
        for (var seed = 0; seed < 1_000; seed++)
        {
            var run = RandomRun(new(seed), guards: false);
            var played = new RunSimulation(run, seed, faults: 0).Play();
            Assert.Equal(RunStatus.Completed, played.Log.End!.Status);
            var calls = played.Calls.GroupBy(call => call.Step).ToDictionary(step => step.Key, step => step.Count());
            foreach (var step in run.Steps)
            {
                // A dependent that started on an early draft runs again on the real value; it is the only reason to.
                Assert.True(calls[step.Id] == 1 || played.Drive!.Attempts.Count(attempt => attempt.Step == step.Id && attempt.Outcome == AttemptOutcome.Stale) == calls[step.Id] - 1);
            }

            Assert.Equal(run.Steps.Length, calls.Count);
            Assert.All(played.Calls, call => Assert.All(
                run.Steps.Single(step => step.Id == call.Step).Reads.Where(read => !read.Optional), read => Assert.Contains(call.View.Entries, entry => entry.Key.Value == read.Key.Value)));
        }
    }

    [Fact]
    public void Writes_from_outside_cost_retries_and_nothing_else()
    {
        for (var seed = 0; seed < 3_000; seed++)
        {
            var played = new RunSimulation(RandomRun(new(seed), guards: false), seed, faults: 0, writes: 4).Play();
            Assert.True(played.Log.End!.Status == RunStatus.Completed, $"Seed {seed}: {played.Log.End.Status} {played.Log.End.Detail}");
        }
    }

    [Fact]
    public void The_parts_of_the_critical_path_sum_to_the_wall_time()
    {
        for (var seed = 0; seed < 1_000; seed++)
        {
            var played = Schedule(seed, Mutant.None).Play();
            var result = RunNumbers.Of(played.Drive!, RunExamples.Start.AddDays(1));
            Assert.All(result.CriticalPath, part => Assert.True(part.Ms > 0));
            Assert.Equal(result.WallMs, result.CriticalPath.Sum(part => part.Ms), 1.0);
            var work = result.CriticalPath.Where(part => part.Kind == "work").Sum(part => part.Ms);
            Assert.Equal(result.WallMs, work + result.ReworkMs + result.CoordinationOverheadMs, 1.0);
            Assert.Equal(result.CoordinationOverheadMs, result.OverheadPartsMs.Values.Sum(), 1.0);
        }
    }

    private static RunSimulation Schedule(int seed, Mutant mutant)
    {
        var random = new Random(seed);
        return new(RandomRun(random, guards: true), seed, random.Next(9), mutant);
    }

    // What needs several crashes in a row is rare in other schedules.
    private static RunSimulation Rough(int seed, Mutant mutant)
    {
        var random = new Random(seed);
        var run = RandomRun(random, guards: false);
        if (seed % 4 == 1) run = run with { Steps = [.. run.Steps.Take(2).Select(step => step with { Agent = "a0" })], Outputs = [new("k0"), new("k1")] };
        return new(run, seed, random.Next(8, 24), mutant);
    }

    internal static AcceptedRun RandomRun(Random random, bool guards)
    {
        var count = random.Next(2, 6);
        var steps = new TaskStep[count];
        for (var i = 0; i < count; i++)
        {
            var reads = Enumerable.Range(0, i).Where(_ => random.Next(2) == 0).Select(j => random.Next(8) == 0 ? $"k{j}?" : $"k{j}").ToList();
            if (i == 0 || random.Next(3) == 0) reads.Add("x");
            steps[i] = RunExamples.Step($"s{i}", [.. reads], [$"k{i}"]) with { Agent = $"a{random.Next(3)}" };
            if (guards && random.Next(6) == 0) steps[i] = steps[i] with { When = new(new("x")) { Equal = JsonValue.Parse($"{random.Next(2)}") } };
            if (guards && random.Next(6) == 0) steps[i] = steps[i] with { OnFailure = Failure(random, $"k{i}", steps[i].Agent!) };
        }

        var request = RunExamples.Request(steps) with { Timeout = guards && random.Next(5) == 0 ? TimeSpan.FromMilliseconds(random.Next(50, 800)) : TimeSpan.FromHours(10) };
        if (random.Next(2) == 0) request = request with { Task = request.Task with { Outputs = [new($"k{random.Next(count)}")] } };
        return RunExamples.Accept(request, key => key.Value == "x", guards ? random.Next(4) : 100);
    }

    private static OnFailure Failure(Random random, string key, string agent) => random.Next(3) switch
    {
        0 => new(OnFailureKind.Skip),
        1 => new(OnFailureKind.Default, [new(new(key), JsonValue.Parse("\"default\""))]),
        _ => new(OnFailureKind.Fallback, Agent: agent == "a0" ? "a1" : "a0"),
    };
}
